import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { type Database, dynamodbClient } from '../../lib/aws/dynamodb-client.ts';
import { createRuleStore } from '../../lib/aws/rule-store.ts';
import { createTable } from '../../lib/aws/table.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { EndpointId } from '../../lib/domain/endpoint.ts';
import { IN_MEMORY, openEmbeddedDynamodb } from '../../lib/local/embedded-dynamodb.ts';
import { never } from '../support/dynamodb.ts';
import { allPending, holder, loadOne, newId, pending, range, saveUpTo, state, versions } from './fixtures.ts';

const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'peregrine-test-'));
  atEnd.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

const open = async (dataDir: string) => {
  const opened = await openEmbeddedDynamodb(dataDir);
  if (opened.kind !== 'open') throw new Error(opened.error);
  const client = dynamodbClient(opened.address);
  const close = async () => {
    client.destroy();
    await opened.close();
  };
  atEnd.push(close);
  await createTable(client, 'peregrine', never);
  const db: Database = { client, table: 'peregrine', clock: systemClock };
  return { store: createRuleStore(db), close };
};

test('what was saved is there after closing and opening again', async () => {
  const folder = await newFolder();
  const id = newId();
  const first = await open(folder);
  await saveUpTo(first.store, id, 3);
  await first.close();
  const second = await open(folder);
  expect((await loadOne(second.store, id))?.state).toEqual(state(3));
});

test('a process killed with SIGKILL loses no save that it was told of', async () => {
  const folder = await newFolder();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'saving-process.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  atEnd.push(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let told = 0;
  for await (const line of createInterface(child.stdout)) {
    told = Number(line);
    if (told === 120) child.kill('SIGKILL');
  }
  await exited;
  const { store } = await open(folder);
  const id = 'killed' as EndpointId;
  const saved = (await loadOne(store, id))?.state.version ?? 0;
  expect(told).toBeGreaterThanOrEqual(120);
  expect([told, told + 1]).toContain(saved);
  expect(versions(await allPending(store, id))).toEqual(range(1, saved));
});

test('a folder that is in use is told as such, and is free once that one has closed', async () => {
  const folder = await newFolder();
  const first = await open(folder);
  expect(await openEmbeddedDynamodb(folder)).toEqual({
    kind: 'locked',
    error: `${folder}/dynamodb is in use by another process. Stop it, or name another folder.`,
  });
  await first.close();
  await open(folder);
});

test('a file where the folder should be is told, whichever it is', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'dynamodb'), '');
  for (const name of ['file', 'data'])
    expect(await openEmbeddedDynamodb(join(folder, name))).toEqual({
      kind: 'unusable',
      error: `${folder}/${name}/dynamodb cannot be a folder: a file is in its place. Move the file away, or name another folder.`,
    });
});

test('a folder that cannot be written is told', async () => {
  const opened = await openEmbeddedDynamodb('/sys');
  expect(opened).toMatchObject({
    kind: 'unusable',
    error: expect.stringContaining('/sys/dynamodb cannot'),
  });
});

test.each(['/proc/peregrine', '/proc/peregrine/data'])(
  '%s, where no folder can be made, is told',
  async dataDir => {
    expect(await openEmbeddedDynamodb(dataDir)).toMatchObject({
      kind: 'unusable',
      error: expect.stringContaining(`${dataDir}/dynamodb cannot`),
    });
  },
);

test('a folder several levels deep is made', async () => {
  await open(join(await newFolder(), 'a', 'b', 'c'));
});

test('a damaged database is told, with the way on', async () => {
  const folder = await newFolder();
  const first = await open(folder);
  await saveUpTo(first.store, newId(), 3);
  await first.close();
  const files = await readdir(join(folder, 'dynamodb'));
  const manifest = files.find(name => name.startsWith('MANIFEST')) ?? '';
  await writeFile(join(folder, 'dynamodb', manifest), 'no manifest');
  const opened = await openEmbeddedDynamodb(folder);
  expect(opened).toMatchObject({
    kind: 'unusable',
    error: expect.stringMatching(/dynamodb is damaged \(.*\)\. Restore it from a backup, or move it away/),
  });
});

test('credentials and endpoints of the environment are not used for it', async () => {
  const before = { ...process.env };
  atEnd.push(() => {
    process.env = before;
  });
  process.env.AWS_ACCESS_KEY_ID = 'from the environment';
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
  process.env.AWS_ENDPOINT_URL_DYNAMODB = 'http://127.0.0.1:1';
  const { store } = await open(IN_MEMORY);
  const id = newId();
  expect(await store.save(holder(1), state(1), pending(id, 1), never)).toBe('saved');
});

test('once it is closed every call fails, and the process goes on', async () => {
  const { store, close } = await open(IN_MEMORY);
  await close();
  await expect(loadOne(store, newId())).rejects.toThrow();
});
