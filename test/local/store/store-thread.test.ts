import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { newRuleState } from '../../../lib/domain/transition.ts';
import { createRuleCounters } from '../../../lib/engine/ports/rule-counters.ts';
import { openStoreThread, type StoreThread } from '../../../lib/local/store/store-thread.ts';
import { hold } from '../../../lib/rule/held-state.ts';
import { IN_MEMORY } from '../../../lib/sqlite/files.ts';
import { holder, newId, pending, state } from '../../contract/fixtures.ts';
import { never } from '../../support/dynamodb.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

const open = async (dataDir: string, crashes: string[] = []): Promise<StoreThread> => {
  const opened = await openStoreThread({ dataDir }, error => crashes.push(error));
  if (opened.kind !== 'open') throw new Error(opened.error);
  closes.push(opened.close);
  await opened.housekeeping.prepare('local');
  return opened;
};

test('the stores answer from their thread as they do here', async () => {
  const { store, leases, history } = await open(IN_MEMORY);
  const id = newId();
  const wanted = { jobset: 'local', owner: 'a', configHash: 'x', deadlineAtMs: null, ttlMs: 1000 };
  expect(await leases.acquire(wanted, 0, never)).toMatchObject({ kind: 'acquired', lease: { epoch: 1 } });
  expect(await store.save(holder(1), state(1), pending(id, 1), never)).toBe('saved');
  expect(await store.save(holder(1), { ...newRuleState, version: 3 }, pending(id, 3), never)).toBe(
    'conflict',
  );
  expect((await store.load('local', [id], never)).get(id)?.state).toEqual(state(1));
  await history.append([pending(id, 1).transition], never);
  expect(await history.list({ endpoint: id, before: null, limit: 10 }, never)).toHaveLength(1);
});

test('checkpoints are read where they are collected, one after the other', async () => {
  const { store } = await open(IN_MEMORY);
  const id = newId();
  expect(await store.save(holder(1), state(1), pending(id, 1), never)).toBe('saved');
  const counters = createRuleCounters();
  for (const lastResultAtMs of [2e12, 3e12]) {
    counters.begin(1);
    counters.add(id, hold({ ...state(1), lastResultAtMs }));
    expect(await store.checkpoint(holder(1), counters.all(), never)).toBe('saved');
    expect((await store.load('local', [id], never)).get(id)?.state.lastResultAtMs).toBe(lastResultAtMs);
  }
});

test('an aborted call rejects at once with its reason', async () => {
  const { store } = await open(IN_MEMORY);
  const controller = new AbortController();
  const loading = store.load('local', [newId()], controller.signal);
  controller.abort(new Error('nobody waits'));
  await expect(loading).rejects.toThrow('nobody waits');
  await expect(store.load('local', [newId()], controller.signal)).rejects.toThrow('nobody waits');
});

test('what fails in the thread fails here, in words', async () => {
  const { history } = await open(IN_MEMORY);
  await expect(history.list({ endpoint: null, before: 'yesterday', limit: 1 }, never)).rejects.toThrow(
    '"yesterday" is neither an instant',
  );
});

test('a folder in use is an answer, and it is free once closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-test-'));
  const first = await open(folder);
  const second = await openStoreThread({ dataDir: folder }, () => {});
  expect(second).toMatchObject({
    kind: 'locked',
    error: expect.stringContaining('is in use by another process'),
  });
  await first.close();
  await open(folder);
});

test('once it is closed every call rejects, and that is no crash', async () => {
  const crashes: string[] = [];
  const { store, close } = await open(IN_MEMORY, crashes);
  await close();
  await expect(store.load('local', [newId()], never)).rejects.toThrow('the embedded database is closed');
  expect(crashes).toEqual([]);
});

test('what was asked for before it is closed is answered', async () => {
  const { store, close } = await open(IN_MEMORY);
  const saves = Array.from({ length: 20 }, () => {
    const id = newId();
    return store.save(holder(1), state(1), pending(id, 1), never);
  });
  await close();
  expect(new Set(await Promise.all(saves))).toEqual(new Set(['saved']));
});
