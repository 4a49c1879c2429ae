import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RuleId } from '../../lib/domain/rule.ts';
import {
  allPending,
  holder,
  loadOne,
  newId,
  pending,
  range,
  saveUpTo,
  state,
  versions,
} from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';
import { newFolder, open, startSaving } from './folders.ts';

const DATABASE = 'peregrine.db';

/** The folder below another, so that it can be deleted as a whole. */
const newData = (): string => join(newFolder(), 'data');

/** What a kill now would leave: the index of the log is made anew by whoever opens it. */
const leftOf = (data: string): string => {
  const left = newFolder();
  for (const name of readdirSync(data))
    if (!name.endsWith('-shm')) copyFileSync(join(data, name), join(left, name));
  return left;
};

const writtenAgain = (data: string) => [
  `${data}/${DATABASE} was deleted or replaced: it was written again, and nothing is lost`,
];

test.each([
  ['the folder', (data: string) => rmSync(data, { recursive: true })],
  ['the database', (data: string) => rmSync(join(data, DATABASE))],
  ['the log', (data: string) => rmSync(join(data, `${DATABASE}-wal`))],
  ['the index of the log', (data: string) => rmSync(join(data, `${DATABASE}-shm`))],
  [
    'all that is in the folder',
    (data: string) => {
      for (const name of readdirSync(data)) rmSync(join(data, name));
    },
  ],
])(
  '%s is deleted under an open database: it is written again, and a kill after that loses nothing',
  async (_, remove) => {
    const data = newData();
    const notices: string[] = [];
    const id = newId();
    const { store, incarnation, close } = await open(data, notices);
    await saveUpTo(store, id, 60);
    remove(data);
    expect(await store.save(holder(1), state(61), pending(id, 61), never)).toBe('saved');
    expect(notices).toEqual(writtenAgain(data));
    await saveUpTo(store, id, 70, 62);
    const after = await open(leftOf(data));
    expect(versions(await allPending(after.store, id))).toEqual(range(1, 70));
    expect([after.incarnation, after.notices]).toEqual([incarnation, []]);
    close();
    expect(readdirSync(data).toSorted()).toEqual([DATABASE, 'peregrine.witness']);
  },
);

test.each([
  ['a text', (path: string) => writeFileSync(path, 'a text')],
  [
    'another database',
    async (path: string) => {
      const folder = newFolder();
      (await open(folder)).close();
      renameSync(join(folder, DATABASE), path);
    },
  ],
])('%s that is put in the place of an open database is set aside', async (_, put) => {
  const data = newData();
  const id = newId();
  const notices: string[] = [];
  const { store } = await open(data, notices);
  await saveUpTo(store, id, 3);
  rmSync(join(data, DATABASE));
  await put(join(data, DATABASE));
  expect(await store.save(holder(1), state(4), pending(id, 4), never)).toBe('saved');
  expect(notices).toEqual(writtenAgain(data));
  expect(existsSync(join(data, `${DATABASE}.found`))).toBe(true);
  expect(versions(await allPending((await open(leftOf(data))).store, id))).toEqual(range(1, 4));
});

test('while the folder cannot be made every save fails, and once it can be it goes on by itself', async () => {
  const data = newData();
  const id = newId();
  const notices: string[] = [];
  const { store } = await open(data, notices);
  await saveUpTo(store, id, 3);
  rmSync(data, { recursive: true });
  writeFileSync(data, 'in its place');
  for (const _ of range(1, 3))
    await expect(store.save(holder(1), state(4), pending(id, 4), never)).rejects.toThrow(
      `${data}/${DATABASE} cannot be a folder: a file is in its place`,
    );
  expect((await loadOne(store, id))?.state).toEqual(state(3));
  rmSync(data);
  expect(await store.save(holder(1), state(4), pending(id, 4), never)).toBe('saved');
  expect(notices).toEqual(writtenAgain(data));
});

test('who finds that another process uses its folder saves nothing more there, and leaves it alone', async () => {
  const data = newData();
  const id = newId();
  const { store } = await open(data);
  await saveUpTo(store, id, 3);
  rmSync(data, { recursive: true });
  const other = startSaving(data, 5);
  await other.until(5);
  await expect(store.save(holder(1), state(4), pending(id, 4), never)).rejects.toThrow(
    'is in use by another process',
  );
  await other.kill();
  const found = (await open(leftOf(data))).store;
  expect((await loadOne(found, 'killed' as RuleId))?.state).toEqual(state(5));
  expect(await loadOne(found, id)).toBeUndefined();
});

/** A mount of its own needs root, or a kernel that lets everybody be it in a namespace. */
const ownMounts = process.getuid?.() === 0 ? ['-m'] : ['-rm'];
const mayMount = spawnSync('unshare', [...ownMounts, 'true']).status === 0;

if (mayMount)
  test('a disk that is full fails saves in words, reads go on, and once there is space nothing is missing', () => {
    const folder = newFolder();
    const script = join(import.meta.dirname, 'full-disk-process.ts');
    const command = `mount -t tmpfs -o size=3m tmpfs '${folder}' && exec '${process.execPath}' '${script}' '${folder}'`;
    const { stdout, stderr } = spawnSync('unshare', [...ownMounts, 'sh', '-c', command], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      errors: [
        `${folder}/${DATABASE} cannot be written: the disk is full. Free some space, or name another folder.`,
      ],
      failedBeforeSpace: 50,
      readWhileFull: true,
      outcomesAfter: ['saved'],
      complete: true,
      notices: [],
    });
  });
