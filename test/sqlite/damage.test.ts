import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RuleId } from '../../lib/domain/rule.ts';
import { backUp } from '../../lib/sqlite/backup.ts';
import { allPending, holder, loadOne, newId, pending, range, saveUpTo, state } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';
import { newFolder, open, startSaving, tryOpen } from './folders.ts';

const PAGE = 4096;
const KILLED = 'killed' as RuleId;

/** With a few pages of each table. */
const filled = async () => {
  const folder = newFolder();
  const id = newId();
  const { store, history, incarnation, close } = await open(folder);
  await saveUpTo(store, id, 40);
  await history.append(
    range(1, 40).map(version => pending(id, version).transition),
    never,
  );
  close();
  return { folder, path: join(folder, 'peregrine.db'), id, incarnation };
};

const write = (path: string, at: number, bytes: Uint8Array): void => {
  const all = readFileSync(path);
  all.set(bytes, at);
  writeFileSync(path, all);
};

const refused = (path: string) => ({
  kind: 'unusable',
  error: expect.stringMatching(
    new RegExp(
      `^.*${path.split('/').at(-1)?.replace('.db', '')}.* is damaged \\(.+\\)\\. Restore it from a backup, or move it away to start with no states and no history\\.$`,
    ),
  ),
});

test('a database in which any one page is zeroed is refused, or all of it is still there', async () => {
  const { folder, path, id } = await filled();
  const whole = readFileSync(path);
  const pages = whole.length / PAGE;
  let refusals = 0;
  for (const page of range(0, pages - 1)) {
    writeFileSync(path, whole);
    write(path, page * PAGE, new Uint8Array(PAGE));
    const opened = await tryOpen(folder);
    if (opened.kind !== 'open') {
      expect(opened.error).toMatch(/ is damaged \(|is a database of another program/);
      refusals++;
      continue;
    }
    expect((await loadOne(opened.store, id))?.state).toEqual(state(40));
    expect(await allPending(opened.store, id)).toHaveLength(40);
    expect(await opened.history.list({ endpoint: id, before: null, limit: 100 }, never)).toEqual(
      expect.anything(),
    );
    opened.close();
  }
  expect(refusals).toBeGreaterThan(pages / 2);
});

test.each([
  ['cut in the middle of a page', (path: string) => truncateSync(path, statSync(path).size - 1000)],
  ['cut to half', (path: string) => truncateSync(path, (statSync(path).size / PAGE / 2) * PAGE)],
  ['cut to its first page', (path: string) => truncateSync(path, PAGE)],
  ['cut within its header', (path: string) => truncateSync(path, 50)],
  ['a text', (path: string) => writeFileSync(path, 'no database')],
])('a database that is %s is refused, with the way on, and left as it is', async (_, harm) => {
  const { folder, path } = await filled();
  harm(path);
  const harmed = readFileSync(path);
  expect(await tryOpen(folder)).toEqual(refused(path));
  expect(readFileSync(path).equals(harmed)).toBe(true);
});

test.each([
  ['empty', (path: string) => truncateSync(path, 0)],
  ['gone', (path: string) => rmSync(path)],
])('a database that is %s begins anew under another incarnation, and that is told', async (what, harm) => {
  const { folder, path, id, incarnation } = await filled();
  harm(path);
  const opened = await open(folder);
  expect(opened.notices).toEqual([`${path} was ${what}: the monitor starts with no states and no history`]);
  expect(opened.incarnation).not.toBe(incarnation);
  expect(await loadOne(opened.store, id)).toBeUndefined();
});

test('a new folder draws its incarnation, and keeps it over ends, kills and moves', async () => {
  const folder = newFolder();
  const first = await open(folder);
  expect(first.incarnation).toMatch(/^[0-9a-z]{6}$/);
  expect(first.notices).toEqual([]);
  first.close();
  for (const _ of range(1, 3)) {
    const saving = startSaving(folder);
    await saving.until(1);
    await saving.kill();
    const { incarnation, notices, close } = await open(folder);
    expect([incarnation, notices]).toEqual([first.incarnation, []]);
    close();
  }
});

/** As if it had been taken some seconds ago. */
const ageWitness = (folder: string): void => {
  const path = join(folder, 'peregrine.witness');
  if (!existsSync(path)) return;
  const witnessed = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...witnessed, atMs: witnessed.atMs - 10_000 }));
};

const idsOf = async (folder: string): Promise<readonly string[]> => {
  const { store, close } = await open(folder);
  const ids = (await allPending(store, KILLED)).map(({ transition }) => transition.id);
  close();
  return ids;
};

/** What of a folder is put back, and how it was taken: while the process that saved was alive, or after its end. */
const copies = {
  'the database alone': ['peregrine.db'],
  'the database and its log': ['peregrine.db', 'peregrine.db-wal'],
  'all of the folder': ['peregrine.db', 'peregrine.db-wal', 'peregrine.db-shm', 'peregrine.witness'],
};

test.each(Object.entries(copies))(
  '%s, put back as it was before: no id is used twice, or it is refused',
  async (_, names) => {
    for (const howOld of [1, 60]) {
      const [folder, copy] = [newFolder(), newFolder()];
      const saving = startSaving(folder);
      await saving.until(20);
      saving.child.kill('SIGSTOP');
      for (const name of names) copyFileSync(join(folder, name), join(copy, name));
      saving.child.kill('SIGCONT');
      await saving.until(20 + howOld);
      await saving.kill();
      cpSync(folder, `${copy}/before`, { recursive: true });
      const used = await idsOf(`${copy}/before`);
      expect(used.length).toBeGreaterThan(20);
      ageWitness(copy);
      for (const name of names) copyFileSync(join(copy, name), join(folder, name));
      const next = startSaving(folder, 100);
      const outcome = await Promise.race([
        next.until(30).then(() => 'saves'),
        new Promise(resolve => next.child.once('exit', () => resolve('refused'))),
      ]);
      await next.kill();
      if (outcome === 'refused') continue;
      const ids = await idsOf(folder);
      const marks = new Set(ids.map(id => id.split('-')[1]));
      const taken = new Set(used);
      const again = ids.filter(id => taken.has(id));
      // What comes again was saved before the copy was made, and is the same transition.
      expect(again).toEqual(used.slice(0, again.length));
      if (again.length < used.length) expect(marks.size).toBe(2);
    }
  },
);

test('a backup that is put back goes on under another incarnation, and the log of what stood there is set aside', async () => {
  const folder = newFolder();
  const saving = startSaving(folder);
  await saving.until(20);
  const file = join(newFolder(), 'backup.db');
  expect(backUp(folder, file)).toEqual({ kind: 'written', bytes: statSync(file).size });
  await saving.until(60);
  await saving.kill();
  expect(existsSync(join(folder, 'peregrine.db-wal'))).toBe(true);
  copyFileSync(file, join(folder, 'peregrine.db'));
  const path = join(folder, 'peregrine.db');
  const { store, notices, incarnation, close } = await open(folder);
  expect(notices).toEqual([
    `${path}-wal is of the database that was there before: it is set aside as ${path}-wal.old`,
    `${path}: it was restored from a backup. The monitor goes on from its states; new transitions carry "${incarnation}" in their ids`,
  ]);
  const version = (await loadOne(store, KILLED))?.state.version ?? 0;
  expect(version).toBeGreaterThanOrEqual(20);
  expect(version).toBeLessThan(60);
  expect(await store.save(holder(2), state(version + 1), pending(KILLED, version + 1), never)).toBe('saved');
  close();
  const again = await open(folder);
  expect([again.incarnation, again.notices]).toEqual([incarnation, []]);
});

test('a database that is older than the log beside it goes on without that log', async () => {
  const folder = newFolder();
  const path = join(folder, 'peregrine.db');
  const saving = startSaving(folder);
  await saving.until(20);
  const copy = join(newFolder(), 'copy.db');
  copyFileSync(path, copy);
  const { size } = statSync(path);
  // Once the log was emptied, it begins with what came after the copy.
  for (let saves = 500; statSync(path).size === size; saves += 500) await saving.until(saves);
  await saving.kill();
  copyFileSync(copy, path);
  const { store, notices } = await open(folder);
  expect(notices).toEqual([
    `${path}-wal is of the database that was there before: it is set aside as ${path}-wal.old`,
    expect.stringContaining('it is older than the one before'),
  ]);
  expect((await loadOne(store, KILLED))?.state.version ?? 0).toBeLessThan(20);
});

test('a log that is cut, zeroed or deleted takes the last transitions along: what comes next has other ids', async () => {
  for (const harm of [
    (log: string) => truncateSync(log, Math.floor(statSync(log).size / 2)),
    (log: string) => write(log, Math.floor(statSync(log).size / 3), new Uint8Array(3 * PAGE)),
    (log: string) => rmSync(log),
  ]) {
    const folder = newFolder();
    const saving = startSaving(folder);
    await saving.until(60);
    const told = await saving.kill();
    harm(join(folder, 'peregrine.db-wal'));
    const { store, notices } = await open(folder);
    expect((await loadOne(store, KILLED))?.state.version ?? 0).toBeLessThan(told);
    expect(notices).toEqual([expect.stringContaining('it is older than the one before')]);
  }
});

test('a folder that was copied goes on under another incarnation, so that two of them never use one id', async () => {
  const { folder, incarnation } = await filled();
  const copy = join(newFolder(), 'copy');
  ageWitness(folder);
  cpSync(folder, copy, { recursive: true });
  const opened = await open(copy);
  expect(opened.incarnation).not.toBe(incarnation);
  expect(opened.notices).toEqual([expect.stringContaining('the folder was copied or restored')]);
});

test('without its witness a database goes on under another incarnation', async () => {
  const { folder, incarnation } = await filled();
  rmSync(join(folder, 'peregrine.witness'));
  const opened = await open(folder);
  expect(opened.incarnation).not.toBe(incarnation);
});
