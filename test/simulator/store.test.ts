import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RuleId } from '../../lib/domain/rule.ts';
import { createRuleCounters } from '../../lib/engine/ports/rule-counters.ts';
import { HISTORY } from '../../lib/engine/ports/rule-store.ts';
import { hold } from '../../lib/rule/held-state.ts';
import { createCommits } from '../../lib/sqlite/commits.ts';
import { connectionTo } from '../../lib/sqlite/connection.ts';
import { openInMemory } from '../../lib/sqlite/in-memory.ts';
import { createLeaseStore } from '../../lib/sqlite/lease-store.ts';
import { createRuleStore } from '../../lib/sqlite/rule-store.ts';
import { pending, state } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';
import { endpointId } from '../support/endpoints.ts';
import { createDisk } from './store/ports.ts';

const INCARNATION = '7kq3m2';
const IDS = ['shop', 'api'].map(endpointId);
const JOBSETS = ['loop-0', 'loop-1'];
const TTL_MS = 10_000;

const openBoth = () => {
  const { database } = createCommits(connectionTo(openInMemory(INCARNATION)));
  return {
    rules: createRuleStore(database),
    leases: createLeaseStore(database),
    disk: createDisk(INCARNATION),
  };
};

/** A set: each store gives it back in an order of its own. */
const inOrder = <Value>(value: Value): Value =>
  JSON.parse(
    JSON.stringify(value, (key, one) => {
      if (one instanceof Map) return [...one].sort();
      return key === 'to' ? one.toSorted() : one;
    }),
  );

const countersOf = (id: RuleId, version: number, runs: number) => {
  const counters = createRuleCounters();
  counters.begin(1);
  counters.add(id, hold(state(version, { runs, lastResultAtMs: 1_790_000_100_000 + runs })));
  return counters.all();
};

const jobset = fc.constantFrom(...JOBSETS);
const id = fc.constantFrom(...IDS);
const epoch = fc.integer({ min: 1, max: 4 });
const version = fc.integer({ min: 1, max: 5 });
const targets = fc.subarray([HISTORY, 'ops', 'chat'], { minLength: 1 });

const call = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('save' as const),
      jobset,
      id,
      epoch,
      version,
      merged: fc.nat(2),
    }),
  },
  fc.record({ kind: fc.constant('acknowledge' as const), id, epoch, version, targets }),
  fc.record({ kind: fc.constant('checkpoint' as const), jobset, id, epoch, version, runs: fc.nat(99) }),
  fc.record({ kind: fc.constant('load' as const), jobset, ids: fc.subarray(IDS) }),
  fc.record({ kind: fc.constant('take over' as const), jobset, ids: fc.subarray(IDS) }),
);

test('rules in the simulated store are what they are in SQLite, whatever is called in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 40 }), async calls => {
      const { rules, disk } = openBoth();
      for (const one of calls) {
        switch (one.kind) {
          case 'save': {
            const holder = { jobset: one.jobset, epoch: one.epoch };
            const merged = Math.min(one.merged, one.version - 1);
            const waiting = pending(one.id, one.version, [HISTORY, 'ops', 'chat'], { merged });
            const saved = await rules.save(holder, state(one.version), waiting, never);
            expect(disk.rules.save(holder, state(one.version), waiting)).toBe(saved);
            break;
          }
          case 'acknowledge': {
            const outcome = await rules.acknowledge(one.epoch, one.id, one.version, one.targets, never);
            expect(disk.rules.acknowledge(one.epoch, one.id, one.version, one.targets)).toBe(outcome);
            break;
          }
          case 'checkpoint': {
            const holder = { jobset: one.jobset, epoch: one.epoch };
            const counters = countersOf(one.id, one.version, one.runs);
            expect(disk.rules.checkpoint(holder, counters)).toBe(
              await rules.checkpoint(holder, counters, never),
            );
            break;
          }
          case 'load':
            expect(inOrder(disk.rules.load(one.jobset, one.ids))).toEqual(
              inOrder(await rules.load(one.jobset, one.ids, never)),
            );
            break;
          case 'take over':
            expect(inOrder(disk.rules.takeOver(one.jobset, one.ids))).toEqual(
              inOrder(await rules.takeOver(one.jobset, one.ids, never)),
            );
            break;
          default:
            one satisfies never;
        }
      }
    }),
    { numRuns: 150 },
  );
});

const step = fc.record({
  afterMs: fc.constantFrom(0, 1000, TTL_MS),
  owner: fc.constantFrom('a', 'b'),
  jobset,
  does: fc.constantFrom('acquire', 'renew', 'request', 'release', 'read', 'announce'),
});

test('leases in the simulated store are what they are in SQLite', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const { leases, disk } = openBoth();
      const held = new Map<string, Awaited<ReturnType<typeof leases.acquire>>['lease']>();
      let nowMs = 1_790_000_000_000;
      for (const { afterMs, owner, jobset: named, does } of steps) {
        nowMs += afterMs;
        const wanted = { jobset: named, owner, configHash: 'c1', deadlineAtMs: null, ttlMs: TTL_MS };
        const lease = held.get(`${owner} ${named}`);
        const to = { expiresAtMs: nowMs + TTL_MS, watchedUntilMs: nowMs };
        if (does === 'acquire') {
          const answer = await leases.acquire(wanted, nowMs, never);
          expect(disk.leases.acquire(wanted, nowMs)).toEqual(answer);
          if (answer.kind === 'acquired') held.set(`${owner} ${named}`, answer.lease);
        }
        if (does === 'read')
          expect(inOrder(disk.leases.read(JOBSETS))).toEqual(inOrder(await leases.read(JOBSETS, never)));
        if (does === 'announce') {
          await leases.announce(named, nowMs, never);
          disk.leases.announce(named, nowMs);
        }
        if (!lease) continue;
        if (does === 'renew')
          expect(disk.leases.renew(lease, to)).toEqual(await leases.renew(lease, to, never));
        if (does === 'request') {
          await leases.requestHandOver(lease, never);
          disk.leases.requestHandOver(lease);
        }
        if (does === 'release') {
          await leases.release(lease, nowMs, never);
          disk.leases.release(lease, nowMs);
        }
      }
    }),
    { numRuns: 150 },
  );
});
