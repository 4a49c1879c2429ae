import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { putItems } from '../../lib/aws/batches.ts';
import { leaseKey, number, string } from '../../lib/aws/items.ts';
import { createLeaseStore, releaseAbandonedLease } from '../../lib/aws/lease-store.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Lease } from '../../lib/domain/lease.ts';
import { ABANDONED_AT_MS } from '../../lib/engine/ports/lease-store.ts';
import { never, openTestDynamodb } from '../support/dynamodb.ts';

const dynamodb = await openTestDynamodb();
afterAll(() => dynamodb.close());
let nowMs = 1_790_000_000_000.5;
const db = await dynamodb.newDatabase({ ...systemClock, nowMs: () => nowMs });
const leases = createLeaseStore(db);

const TTL_MS = 10_000;
let jobsets = 0;
const newJobset = () => `jobset-${++jobsets}`;
const acquire = (jobset: string, owner: string, configHash = 'c1') =>
  leases.acquire({ jobset, owner, configHash, deadlineAtMs: null, ttlMs: TTL_MS }, nowMs, never);
const mustAcquire = async (jobset: string, owner: string): Promise<Lease> => {
  const outcome = await acquire(jobset, owner);
  expect(outcome.kind).toBe('acquired');
  return outcome.lease;
};
const renew = (lease: Lease) =>
  leases.renew(lease, { expiresAtMs: nowMs + TTL_MS, watchedUntilMs: nowMs }, never);

test('a lease that nobody ever had is free', async () => {
  const jobset = newJobset();
  expect(await acquire(jobset, 'a', 'hash')).toEqual({
    kind: 'acquired',
    watchedUntilMs: null,
    predecessor: 'none',
    incarnation: null,
    lease: {
      jobset,
      owner: 'a',
      epoch: expect.any(Number),
      expiresAtMs: nowMs + TTL_MS,
      configHash: 'hash',
      deadlineAtMs: null,
      handOverRequested: false,
    },
  });
});

test('a held lease is not taken, until it expires', async () => {
  const jobset = newJobset();
  const lease = await mustAcquire(jobset, 'a');
  expect(await acquire(jobset, 'b')).toEqual({ kind: 'held', lease });
  nowMs = lease.expiresAtMs - 0.5;
  expect((await acquire(jobset, 'b')).kind).toBe('held');
  nowMs = lease.expiresAtMs;
  expect(await mustAcquire(jobset, 'b')).toMatchObject({ owner: 'b', epoch: lease.epoch + 1 });
});

test('renewing extends a lease; who lost it is told', async () => {
  const jobset = newJobset();
  const lease = await mustAcquire(jobset, 'a');
  nowMs += 5000;
  const renewed = { ...lease, expiresAtMs: nowMs + TTL_MS };
  expect(await renew(lease)).toEqual({ kind: 'renewed', lease: renewed });
  nowMs += TTL_MS;
  await mustAcquire(jobset, 'b');
  expect(await renew(renewed)).toEqual({ kind: 'lost' });
});

test('an expired lease that nobody took can be renewed', async () => {
  const lease = await mustAcquire(newJobset(), 'a');
  nowMs += 2 * TTL_MS;
  expect((await renew(lease)).kind).toBe('renewed');
});

test('the owner itself takes its lease again under the next epoch, and is fenced off under the one before', async () => {
  const jobset = newJobset();
  const before = await mustAcquire(jobset, 'a');
  expect(await mustAcquire(jobset, 'a')).toMatchObject({ epoch: before.epoch + 1 });
  expect(await renew(before)).toEqual({ kind: 'lost' });
});

test('a released lease is free at once, and a renewal that comes late does not bring it back', async () => {
  const jobset = newJobset();
  const lease = await mustAcquire(jobset, 'a');
  await leases.release(lease, nowMs, never);
  expect(await renew(lease)).toEqual({ kind: 'lost' });
  expect(await mustAcquire(jobset, 'b')).toMatchObject({ epoch: lease.epoch + 1 });
});

test('a request to hand over reaches the owner at its next renewal, and is gone with the owner', async () => {
  const jobset = newJobset();
  const lease = await mustAcquire(jobset, 'a');
  await leases.requestHandOver(lease, never);
  expect(await acquire(jobset, 'b')).toMatchObject({ kind: 'held', lease: { handOverRequested: true } });
  expect(await renew(lease)).toMatchObject({ lease: { handOverRequested: true } });
  await leases.release(lease, nowMs, never);
  expect(await mustAcquire(jobset, 'b')).toMatchObject({ handOverRequested: false });
});

test('requests and releases of a lease that has changed do nothing', async () => {
  const jobset = newJobset();
  const old = await mustAcquire(jobset, 'a');
  await leases.release(old, nowMs, never);
  const current = await mustAcquire(jobset, 'b');
  await leases.requestHandOver(old, never);
  await leases.release(old, nowMs, never);
  expect(await acquire(jobset, 'c')).toEqual({ kind: 'held', lease: current });
  for (const unknown of [{ ...old, jobset: newJobset() }]) {
    await leases.requestHandOver(unknown, never);
    await leases.release(unknown, nowMs, never);
    expect(await renew(unknown)).toEqual({ kind: 'lost' });
  }
});

test('the next owner learns how long the one before surely held it', async () => {
  const jobset = newJobset();
  const first = await mustAcquire(jobset, 'a');
  nowMs += 3000;
  const lastSeenMs = nowMs;
  await renew(first);
  nowMs += 2 * TTL_MS;
  const second = await acquire(jobset, 'b');
  expect(second).toMatchObject({ kind: 'acquired', watchedUntilMs: lastSeenMs });
  nowMs += 1000;
  await leases.release(second.lease, nowMs, never);
  const releasedAtMs = nowMs;
  nowMs += 500;
  expect(await acquire(jobset, 'c')).toMatchObject({ watchedUntilMs: releasedAtMs });
});

test('an abandoned lease is freed without waiting, and its epoch still rises', async () => {
  const jobset = newJobset();
  const dead = await mustAcquire(jobset, 'a');
  await releaseAbandonedLease(db)(jobset, never);
  await releaseAbandonedLease(db)(newJobset(), never);
  expect(await mustAcquire(jobset, 'b')).toMatchObject({ epoch: dead.epoch + 1 });
  expect(await renew(dead)).toEqual({ kind: 'lost' });
});

test('of many that want a free lease at the same time one gets it', async () => {
  const jobset = newJobset();
  const outcomes = await Promise.all([...'abcdefgh'].map(owner => acquire(jobset, owner)));
  expect(outcomes.filter(({ kind }) => kind === 'acquired')).toHaveLength(1);
});

test('who drew its epoch before another did, and writes after that one has come and gone, does not get the lease', async () => {
  const jobset = newJobset();
  await leases.release(await mustAcquire(jobset, 'first'), null, never);
  let goOn = () => {};
  const held = new Promise<void>(resolve => {
    goOn = resolve;
  });
  let calls = 0;
  const client: typeof db.client = Object.create(db.client, {
    send: {
      // It looks, draws an epoch, and writes the lease.
      value: async (...call: Parameters<typeof db.client.send>) => {
        if (++calls === 3) await held;
        return db.client.send(...call);
      },
    },
  });
  const late = createLeaseStore({ ...db, client }).acquire(
    { jobset, owner: 'late', configHash: 'c1', deadlineAtMs: null, ttlMs: TTL_MS },
    nowMs,
    never,
  );
  while (calls < 3) await new Promise(resolve => setTimeout(resolve, 1));
  const other = await mustAcquire(jobset, 'other');
  await leases.release(other, null, never);
  goOn();
  expect((await late).kind).toBe('held');
  expect((await mustAcquire(jobset, 'next')).epoch).toBeGreaterThan(other.epoch);
});

test('the next owner learns whether the one before released the lease or died', async () => {
  const jobset = newJobset();
  const first = await mustAcquire(jobset, 'a');
  await leases.release(first, nowMs, never);
  const second = await acquire(jobset, 'b');
  expect(second).toMatchObject({ kind: 'acquired', predecessor: 'released' });
  nowMs += 2 * TTL_MS;
  expect(await acquire(jobset, 'c')).toMatchObject({ kind: 'acquired', predecessor: 'died' });
  await releaseAbandonedLease(db)(jobset, never);
  const fourth = await acquire(jobset, 'd');
  expect(fourth).toMatchObject({ kind: 'acquired', predecessor: 'died' });
  await leases.renew(fourth.lease, { expiresAtMs: ABANDONED_AT_MS, watchedUntilMs: null }, never);
  expect(await acquire(jobset, 'e')).toMatchObject({ kind: 'acquired', predecessor: 'died' });
});

test('a lease says until when its owner may last', async () => {
  const jobset = newJobset();
  const wanted = { jobset, owner: 'a', configHash: 'c1', deadlineAtMs: nowMs + 5000.5, ttlMs: TTL_MS };
  await leases.acquire(wanted, nowMs, never);
  expect(await acquire(jobset, 'b')).toMatchObject({
    kind: 'held',
    lease: { deadlineAtMs: wanted.deadlineAtMs },
  });
});

test('a lease from before there was a register keeps its epochs rising', async () => {
  const jobset = newJobset();
  const old = await dynamodb.newDatabase({ ...systemClock, nowMs: () => nowMs });
  const item = { ...leaseKey(jobset), owner: string('a'), epoch: number(41), expiresAtMs: number(0) };
  await putItems(old)([item], never);
  const { lease } = await createLeaseStore(old).acquire(
    { jobset, owner: 'b', configHash: 'c1', deadlineAtMs: null, ttlMs: TTL_MS },
    nowMs,
    never,
  );
  expect(lease.epoch).toBe(42);
});

test('a jobset is known from its first lease on until it is forgotten', async () => {
  const jobset = newJobset();
  expect(await leases.jobsets(never)).not.toContain(jobset);
  await mustAcquire(jobset, 'a');
  expect(await leases.jobsets(never)).toContain(jobset);
  await leases.forget(jobset, never);
  expect(await leases.jobsets(never)).not.toContain(jobset);
});

const actions = ['acquire', 'acquire', 'renew', 'renew', 'release', 'request', 'crash'] as const;
const act = fc.record({ owner: fc.constantFrom('a', 'b', 'c'), does: fc.constantFrom(...actions) });
const step = fc.record({
  afterMs: fc.nat(TTL_MS),
  together: fc.array(act, { minLength: 1, maxLength: 3 }),
});

test('whatever several owners do, no epoch is held twice, epochs only rise, and one lease is valid at most', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const jobset = newJobset();
      const held = new Map<string, Lease>();
      const ownerOf = new Map<number, string>();
      let highestBefore = 0;
      const perform = async (owner: string, does: (typeof actions)[number]) => {
        const lease = held.get(owner);
        if (does === 'crash') held.delete(owner);
        if (does === 'acquire') {
          const outcome = await acquire(jobset, owner);
          if (outcome.kind === 'held') return;
          const { epoch } = outcome.lease;
          expect(ownerOf.has(epoch)).toBe(false);
          // Of calls made together, the answers come in any order.
          expect(epoch).toBeGreaterThan(highestBefore);
          ownerOf.set(epoch, owner);
          if (epoch > (held.get(owner)?.epoch ?? 0)) held.set(owner, outcome.lease);
        }
        if (!lease) return;
        if (does === 'request') await leases.requestHandOver(lease, never);
        if (does === 'release') {
          held.delete(owner);
          await leases.release(lease, nowMs, never);
        }
        if (does === 'renew') {
          const outcome = await renew(lease);
          if (held.get(owner) !== lease) return;
          if (outcome.kind === 'lost') held.delete(owner);
          else held.set(owner, outcome.lease);
        }
      };
      for (const { afterMs, together } of steps) {
        nowMs += afterMs;
        highestBefore = Math.max(0, ...ownerOf.keys());
        await Promise.all(together.map(({ owner, does }) => perform(owner, does)));
        const valid = [...held.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs);
        expect(valid.length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 40 },
  );
});
