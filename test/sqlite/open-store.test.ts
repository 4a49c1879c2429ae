import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import type { RuleId } from '../../lib/domain/rule.ts';
import { IN_MEMORY } from '../../lib/sqlite/files.ts';
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
import { newFolder, open, startSaving, tryOpen } from './folders.ts';

test('what was saved is there after closing and opening again, and nothing but the database stays', async () => {
  const folder = newFolder();
  const id = newId();
  const first = await open(folder);
  await saveUpTo(first.store, id, 3);
  first.close();
  expect(existsSync(join(folder, 'peregrine.db-wal'))).toBe(false);
  const second = await open(folder);
  expect((await loadOne(second.store, id))?.state).toEqual(state(3));
});

test('in memory nothing is kept', async () => {
  const { store, close } = await open(IN_MEMORY);
  const id = newId();
  await saveUpTo(store, id, 1);
  close();
  expect(await loadOne((await open(IN_MEMORY)).store, id)).toBeUndefined();
});

test('a process killed with SIGKILL loses no save that it was told of', async () => {
  const folder = newFolder();
  const saving = startSaving(folder);
  await saving.until(120);
  const told = await saving.kill();
  const { store, notices } = await open(folder);
  const id = 'killed' as RuleId;
  const saved = (await loadOne(store, id))?.state.version ?? 0;
  expect([told, told + 1]).toContain(saved);
  expect(versions(await allPending(store, id))).toEqual(range(1, saved));
  expect(notices).toEqual([]);
});

test('a folder that is in use is told as such, whatever else is deleted in it, and is free once that one is gone', async () => {
  const folder = newFolder();
  const saving = startSaving(folder, 1);
  await saving.until(1);
  const inUse = {
    kind: 'locked',
    error: `${folder} is in use by another process. Stop it, or name another folder.`,
  };
  expect(await tryOpen(folder)).toEqual(inUse);
  for (const name of ['peregrine.witness', 'peregrine.db-shm']) await rm(join(folder, name));
  expect(await tryOpen(folder)).toEqual(inUse);
  await saving.kill();
  expect((await loadOne((await open(folder)).store, 'killed' as RuleId))?.state).toEqual(state(1));
});

test('of several that open one folder at once one gets it', async () => {
  const folder = newFolder();
  const codes: unknown[] = [];
  for (const _ of range(1, 4)) startSaving(folder, 1).child.once('exit', code => codes.push(code));
  while (codes.length < 3) await new Promise(resolve => setTimeout(resolve, 20));
  expect(codes).toEqual([2, 2, 2]);
});

test('a file where the folder should be is told', async () => {
  const folder = newFolder();
  await writeFile(join(folder, 'file'), '');
  for (const name of ['file', 'file/data'])
    expect(await tryOpen(join(folder, name))).toEqual({
      kind: 'unusable',
      error: `${folder}/${name} cannot be a folder: a file is in its place. Move the file away, or name another folder.`,
    });
});

test.each(['/sys', '/proc/peregrine', '/proc/peregrine/data'])(
  '%s, where nothing can be written, is told',
  async dataDir => {
    expect(await tryOpen(dataDir)).toEqual({
      kind: 'unusable',
      error: expect.stringMatching(new RegExp(`^${dataDir} cannot be written`)),
    });
  },
);

test('a folder several levels deep is made', async () => {
  await open(join(newFolder(), 'a', 'b', 'c'));
});

test('the LevelDB of an older version is told, with the way on, and left alone', async () => {
  const folder = newFolder();
  await mkdir(join(folder, 'dynamodb'));
  expect(await tryOpen(folder)).toEqual({
    kind: 'unusable',
    error: `${folder}/dynamodb was written by an older version of the monitor. Move it away to start with no states and no history, or name another folder.`,
  });
  expect(existsSync(join(folder, 'peregrine.db'))).toBe(false);
});

const change = (folder: string, sql: string): void => {
  const database = new DatabaseSync(join(folder, 'peregrine.db'));
  database.exec(sql);
  database.close();
};

test('a database of a newer version is told and left alone', async () => {
  const folder = newFolder();
  (await open(folder)).close();
  change(folder, 'PRAGMA user_version = 7');
  expect(await tryOpen(folder)).toEqual({
    kind: 'unusable',
    error: `${folder}/peregrine.db was written by a newer version of the monitor (tables 7, this one knows 1). Start that version, or name another folder.`,
  });
  change(folder, 'PRAGMA user_version = 1');
  await open(folder);
});

test('a database of another program is told and left alone', async () => {
  const folder = newFolder();
  change(folder, 'CREATE TABLE mine (a)');
  expect(await tryOpen(folder)).toEqual({
    kind: 'unusable',
    error: `${folder}/peregrine.db is a database of another program. Move it away, or name another folder.`,
  });
});

test('what was asked for before it is closed is answered, and later calls fail', async () => {
  const { store, close } = await open(IN_MEMORY);
  const saves = range(1, 600).map(() => {
    const id = newId();
    return store.save(holder(1), state(1), pending(id, 1), never);
  });
  close();
  expect(new Set(await Promise.all(saves))).toEqual(new Set(['saved']));
  await expect(loadOne(store, newId())).rejects.toThrow('the embedded database is closed');
});
