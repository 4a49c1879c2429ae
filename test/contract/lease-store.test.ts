import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Lease } from '../../lib/domain/lease.ts';
import { ABANDONED_AT_MS } from '../../lib/engine/ports/lease-store.ts';
import { never } from '../support/dynamodb.ts';
import { openTestStores } from '../support/stores.ts';

let nowMs = 1_790_000_000_000.5;

describe.each(await openTestStores({ ...systemClock, nowMs: () => nowMs }))(
  '$name',
  ({ leases, incarnation }) => {
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
        incarnation,
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

    test('of many that want a free lease at the same time one gets it', async () => {
      const jobset = newJobset();
      const outcomes = await Promise.all([...'abcdefgh'].map(owner => acquire(jobset, owner)));
      expect(outcomes.filter(({ kind }) => kind === 'acquired')).toHaveLength(1);
    });

    test('the next owner learns whether the one before released the lease or died', async () => {
      const jobset = newJobset();
      const first = await mustAcquire(jobset, 'a');
      await leases.release(first, nowMs, never);
      const second = await acquire(jobset, 'b');
      expect(second).toMatchObject({ kind: 'acquired', predecessor: 'released' });
      nowMs += 2 * TTL_MS;
      const third = await acquire(jobset, 'c');
      expect(third).toMatchObject({ kind: 'acquired', predecessor: 'died' });
      await leases.renew(third.lease, { expiresAtMs: ABANDONED_AT_MS, watchedUntilMs: null }, never);
      expect(await acquire(jobset, 'd')).toMatchObject({ kind: 'acquired', predecessor: 'died' });
    });

    test('who only announced a jobset was no owner', async () => {
      const jobset = newJobset();
      await leases.announce(jobset, nowMs, never);
      expect(await acquire(jobset, 'a')).toMatchObject({ kind: 'acquired', predecessor: 'none' });
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
  },
);
