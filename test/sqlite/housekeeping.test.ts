import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import type { WantedLease } from '../../lib/engine/ports/lease-store.ts';
import { newId, range, transition } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';
import { newFolder, open as openFolder } from './folders.ts';

const DAY_MS = 86_400_000;
let nowMs = 1_795_176_000_000;

const open = (dataDir: string) => openFolder(dataDir, [], { ...systemClock, nowMs: () => nowMs });

test('an abandoned lease is freed without waiting, its owner is known to have died, and its epoch still rises', async () => {
  const { leases, releaseAbandonedLease } = await open(':memory:');
  const wanted = (owner: string): WantedLease => ({
    jobset: 'local',
    owner,
    configHash: 'c1',
    deadlineAtMs: null,
    ttlMs: 10_000,
  });
  const dead = await leases.acquire(wanted('a'), nowMs, never);
  await releaseAbandonedLease('local', never);
  await releaseAbandonedLease('nobody', never);
  const next = await leases.acquire(wanted('b'), nowMs, never);
  expect(next).toMatchObject({
    kind: 'acquired',
    predecessor: 'died',
    lease: { epoch: dead.lease.epoch + 1 },
  });
  await leases.release(next.lease, null, never);
  await releaseAbandonedLease('local', never);
  expect(await leases.acquire(wanted('c'), nowMs, never)).toMatchObject({ predecessor: 'released' });
});

test('expired transitions are removed, and others are not', async () => {
  const { history, removeExpired } = await open(':memory:');
  const id = newId();
  const startMs = nowMs;
  await history.append(
    range(1, 30).map(version => transition(id, version, { atMs: startMs + version * DAY_MS })),
    never,
  );
  expect(await removeExpired(never)).toBe(0);
  nowMs = startMs + 100.5 * DAY_MS;
  expect(await removeExpired(never)).toBe(10);
  expect(await removeExpired(never)).toBe(0);
  expect(await history.list({ endpoint: id, before: null, limit: 100 }, never)).toHaveLength(20);
});

test('a history that expires gives its space back', async () => {
  const folder = newFolder();
  const size = () => statSync(join(folder, 'peregrine.db')).size;
  const { history, close } = await open(folder);
  const id = newId();
  for (const hundred of range(0, 99))
    await history.append(
      range(1, 100).map(n => transition(id, 100 * hundred + n, { atMs: nowMs + hundred })),
      never,
    );
  close();
  const before = size();
  nowMs += 91 * DAY_MS;
  const again = await open(folder);
  expect(await again.removeExpired(never)).toBe(10_000);
  again.close();
  expect(size()).toBeLessThan(before * 0.6);
});
