import { afterAll, expect, test } from '@jest/globals';
import { putItems } from '../../lib/aws/batches.ts';
import { readItem } from '../../lib/aws/conditional-change.ts';
import {
  leaseKey,
  number,
  pendingAttributes,
  pendingItems,
  ruleKey,
  stateAttributes,
  string,
} from '../../lib/aws/items.ts';
import { createLeaseStore } from '../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../lib/aws/rule-store.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { RuleId } from '../../lib/domain/rule.ts';
import { never, openTestDynamodb } from '../support/dynamodb.ts';
import { holder, newId, pending, range, state } from './fixtures.ts';

/** What holds for the items of DynamoDB alone, beside what every store does. */

const dynamodb = await openTestDynamodb();
afterAll(() => dynamodb.close());
const NOW_MS = 1_790_000_000_000.5;
const db = await dynamodb.newDatabase({ ...systemClock, nowMs: () => NOW_MS });
const store = createRuleStore(db);
const leases = createLeaseStore(db);

const TTL_MS = 10_000;
let jobsets = 0;
const newJobset = () => `jobset-${++jobsets}`;
const mustAcquire = async (jobset: string, owner: string) => {
  const wanted = { jobset, owner, configHash: 'c1', deadlineAtMs: null, ttlMs: TTL_MS };
  const outcome = await leases.acquire(wanted, NOW_MS, never);
  expect(outcome.kind).toBe('acquired');
  return outcome.lease;
};

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
    NOW_MS,
    never,
  );
  while (calls < 3) await new Promise(resolve => setTimeout(resolve, 1));
  const other = await mustAcquire(jobset, 'other');
  await leases.release(other, null, never);
  goOn();
  expect((await late).kind).toBe('held');
  expect((await mustAcquire(jobset, 'next')).epoch).toBeGreaterThan(other.epoch);
});

test('a lease from before there was a register keeps its epochs rising', async () => {
  const jobset = newJobset();
  const old = await dynamodb.newDatabase(systemClock);
  const item = { ...leaseKey(jobset), owner: string('a'), epoch: number(41), expiresAtMs: number(0) };
  await putItems(old)([item], never);
  const { lease } = await createLeaseStore(old).acquire(
    { jobset, owner: 'b', configHash: 'c1', deadlineAtMs: null, ttlMs: TTL_MS },
    NOW_MS,
    never,
  );
  expect(lease.epoch).toBe(42);
});

test('acknowledgements of one transition at the same time leave nothing behind in the item', async () => {
  const id = newId();
  const names = ['a', 'b', 'c', 'd'];
  await store.save(holder(1), state(1), pending(id, 1, names), never);
  await Promise.all(names.map(name => store.acknowledge(1, id, 1, [name], never)));
  expect(pendingItems((await readItem(db)(ruleKey(id), never)) ?? {}).size).toBe(0);
});

test('rules whose items are too large for one answer all come back', async () => {
  const ids = range(1, 70).map(newId);
  const entry = (id: RuleId, version: number) => ({
    M: pendingAttributes(
      pending(id, version, ['ops'], { error: 'x'.repeat(1000), values: { body: 'y'.repeat(2000) } }),
    ),
  });
  const items = ids.map(id => ({
    ...ruleKey(id),
    ...stateAttributes(holder(1), state(50)),
    pending: { M: Object.fromEntries(range(1, 50).map(version => [String(version), entry(id, version)])) },
  }));
  await putItems(db)(items, never);
  const rules = await store.load('all', ids, never);
  expect([...rules.keys()].toSorted()).toEqual(ids.toSorted());
  for (const rule of rules.values()) expect(rule.pending).toHaveLength(50);
});
