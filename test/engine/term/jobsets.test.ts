import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Database } from '../../../lib/aws/dynamodb-client.ts';
import { createHistory } from '../../../lib/aws/history.ts';
import { createLeaseStore } from '../../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import type { Config } from '../../../lib/domain/config.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import type { Outcome } from '../../../lib/engine/ports/send.ts';
import { type Swept, sweep } from '../../../lib/engine/term/sweep.ts';
import { dueCount, gridOf } from '../../../lib/schedule/grid.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf, failure, success, targetName, targetOf } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';
import { type RunningWorker, runWorker, type WorkerOptions } from '../../support/running-worker.ts';

/** Several jobsets on one table: what moves between them, what is left of them, what depends across them. */

let dynamodb: TestDynamodb;
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
});
afterAll(() => dynamodb.close());

let clock: ManualClock;
let db: Database;
let running: RunningWorker[] = [];
beforeEach(async () => {
  for (const { stop } of running) stop();
  running = [];
  clock = manualClock();
  db = await dynamodb.newDatabase(clock);
});

const ops = targetOf('ops');
const toOps = { targets: [targetName('ops')] };
const shop = endpointOf('shop', toOps);
const search = endpointOf('search', toOps);

const workerOf = (
  jobset: string,
  endpoints: readonly Endpoint[],
  options: Partial<WorkerOptions> = {},
): RunningWorker => {
  const worker = runWorker({
    clock,
    db,
    owner: `${jobset}/${running.length}`,
    jobset,
    endpoints,
    targets: [ops],
    probe: () => success,
    claim: 'relieve',
    ...options,
  });
  running.push(worker);
  return worker;
};

/** A target that never answers: what goes to it stays in the outbox. */
const unanswered = () => new Promise<never>(() => {});

type Swept2 = Swept & { readonly sent: readonly string[] };
const swept = async (
  jobsets: { readonly [id: string]: Config },
  answer: () => Promise<Outcome> = async () => ({ kind: 'accepted' }),
  beforeCare: () => Promise<void> = async () => {},
): Promise<Swept2> => {
  const sent: string[] = [];
  let done: Swept | null = null;
  void sweep(
    {
      clock,
      random: () => 0.5,
      store: createRuleStore(db),
      leases: createLeaseStore(db),
      history: createHistory(db),
      probe: () => {
        throw new Error('a sweep checks nothing');
      },
      send: async (_, transition) => {
        sent.push(`${transition.id} ${transition.kind}`);
        return answer();
      },
      otherTarget: name => (name === 'ops' ? ops : undefined),
      observer: {},
      maxInFlight: 1,
      owner: 'sweep',
      release: 'r1',
      deployed: Object.keys(jobsets),
      configOf: async id => {
        await beforeCare();
        return jobsets[id] as Config;
      },
    },
    never,
  ).then(result => {
    done = result;
  });
  // The real database takes its time: the sweep's own goes by slowly.
  await passUntil(clock, () => done !== null, 4);
  return { ...(done as unknown as Swept), sent };
};

const saved = async (id: Endpoint['id'], jobset: string) =>
  (await createRuleStore(db).load(jobset, [id], never)).get(id);

test('an endpoint that moves to another jobset takes state and streak along, though its old worker still runs', async () => {
  const patient = endpointOf('shop', toOps, { failureThreshold: 1000 });
  let isUp = true;
  const probe = () => (isUp ? success : failure);
  const old = workerOf('loop-0', [patient, search], { probe });
  await passUntil(clock, () => old.seen.transitions.length === 2);
  isUp = false;
  await passUntil(clock, () => (old.worker.endpoint('shop')?.state.streak ?? 0) > 50);
  await clock.advance(30_000);
  await passUntil(clock, async () => ((await saved(patient.id, 'loop-0'))?.state.streak ?? 0) > 50);
  const next = workerOf('loop-1', [patient], { probe });
  await passUntil(clock, () => next.seen.results.length > 0);
  const state = next.worker.endpoint('shop')?.state;
  expect(state).toMatchObject({ state: 'ok', version: 1, streakOk: false });
  expect(state?.streak).toBeGreaterThan(50);
});

test('once the new worker of a moved endpoint has written it, the old one lets it go and keeps its others', async () => {
  let isUp = true;
  const probe = () => (isUp ? success : failure);
  const old = workerOf('loop-0', [shop, search], { probe });
  await passUntil(clock, () => old.seen.transitions.length === 2);
  const next = workerOf('loop-1', [shop], { probe });
  await passUntil(clock, () => next.seen.results.length > 5);
  isUp = false;
  await passUntil(clock, () => next.seen.transitions.length === 1 || old.seen.problems.length > 0);
  isUp = true;
  await passUntil(clock, () => [...old.seen.problems, ...next.seen.problems].length > 0);
  await passUntil(clock, () => old.worker.endpoint('search')?.state.version === 3);
  expect(old.seen.begun).toBe(1);
  const versions = [...old.seen.transitions, ...next.seen.transitions]
    .filter(({ ruleId }) => ruleId === 'shop')
    .map(({ version }) => version);
  expect(versions.sort()).toEqual([...new Set(versions)].sort());
});

test('epochs rise over all jobsets', async () => {
  const leases = createLeaseStore(db);
  const acquire = async (jobset: string) =>
    (
      await leases.acquire(
        { jobset, owner: 'a', configHash: 'c', deadlineAtMs: null, ttlMs: 1000 },
        clock.nowMs(),
        never,
      )
    ).lease.epoch;
  const epochs = [await acquire('x'), await acquire('y'), await acquire('x'), await acquire('z')];
  expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
  expect(new Set(epochs).size).toBe(4);
  expect(await leases.jobsets(never)).toEqual(expect.arrayContaining(['x', 'y', 'z']));
});

test('what an endpoint that was removed still has to tell is delivered by the next worker of its jobset', async () => {
  let isUp = true;
  const first = workerOf('loop-0', [shop, search], {
    probe: () => (isUp ? success : failure),
    send: unanswered,
  });
  await passUntil(clock, () => first.seen.transitions.length === 2);
  isUp = false;
  await passUntil(clock, () => first.seen.transitions.length === 4);
  await first.end();
  const second = workerOf('loop-0', [search], { probe: () => failure });
  await passUntil(clock, () => second.seen.sent.includes('shop#2'));
  await passUntil(clock, async () => (await saved(shop.id, 'loop-0'))?.pending.length === 0, 500);
});

test('a sweep delivers what a jobset that is gone has left, and then forgets it', async () => {
  let isUp = true;
  const first = workerOf('burst-0', [shop], { probe: () => (isUp ? success : failure), send: unanswered });
  await passUntil(clock, () => first.seen.transitions.length === 1);
  isUp = false;
  await passUntil(clock, () => first.seen.transitions.length === 2);
  await first.end();
  const { sent, retired, unheld } = await swept({ 'loop-0': { endpoints: [search], targets: [ops] } });
  expect({ sent, retired, unheld }).toEqual({ sent: ['shop#2 fail'], retired: [], unheld: [] });
  expect(await createLeaseStore(db).jobsets(never)).toEqual([]);
  expect((await saved(shop.id, 'burst-0'))?.pending).toEqual([]);
});

test('a sweep asks whoever still runs a jobset that is gone to end', async () => {
  const first = workerOf('burst-0', [shop]);
  await passUntil(clock, () => first.seen.checks.length > 5);
  expect((await swept({})).retired).toEqual(['burst-0']);
  await passUntil(clock, () => first.seen.ended);
});

test('rules of a jobset that nobody watches become unknown, and their targets hear of it', async () => {
  const config = { endpoints: [shop], targets: [ops] };
  const first = workerOf('loop-0', [shop]);
  await passUntil(clock, () => first.seen.transitions.length === 1);
  expect(await swept({ 'loop-0': config })).toEqual({ sent: [], retired: [], unheld: [] });
  await first.end();
  const leftAtMs = clock.nowMs();
  await clock.advance(100_000);
  expect((await swept({ 'loop-0': config })).unheld).toEqual([]);
  await clock.advance(60_000);
  const found = await swept({ 'loop-0': config });
  expect(found).toEqual({ sent: ['shop#2 unknown'], retired: [], unheld: ['loop-0'] });
  expect((await saved(shop.id, 'loop-0'))?.state).toMatchObject({ state: 'unknown', version: 2 });
  const again = await swept({ 'loop-0': config });
  expect(again).toEqual({ sent: [], retired: [], unheld: ['loop-0'] });
  const second = workerOf('loop-0', [shop]);
  await passUntil(clock, () => second.seen.transitions.length === 1);
  expect(second.seen.transitions[0]).toMatchObject({ id: 'shop#3', kind: 'ok' });
  expect(second.seen.transitions[0]?.previousDurationMs).toBeGreaterThan(clock.nowMs() - leftAtMs - 100_000);
});

test('a jobset that no worker ever came for is found too, after the time in which one should have come', async () => {
  const config = { endpoints: [shop], targets: [ops] };
  expect((await swept({ 'loop-0': config })).unheld).toEqual([]);
  await clock.advance(100_000);
  expect((await swept({ 'loop-0': config })).unheld).toEqual([]);
  await clock.advance(60_000);
  expect((await swept({ 'loop-0': config })).unheld).toEqual(['loop-0']);
  const late = workerOf('loop-0', [shop]);
  await passUntil(clock, () => late.seen.checks.length > 0);
  expect((await swept({ 'loop-0': config })).unheld).toEqual([]);
});

test('ticks that came due while nobody watched are missed, not forgotten', async () => {
  const first = workerOf('loop-0', [shop]);
  await passUntil(clock, () => first.seen.checks.length > 5);
  await first.end();
  await clock.advance(5000);
  const second = workerOf('loop-0', [shop]);
  await passUntil(clock, () => second.seen.checks.length > 5);
  const ticks = second.worker.endpoint('shop')?.ticks;
  expect(ticks?.missed).toBeGreaterThanOrEqual(49);
  expect(ticks?.missed).toBeLessThan(60);
  expect(ticks?.due).toBe((ticks?.run ?? 0) + (ticks?.missed ?? 0));
});

test('a fail is withheld while what it depends on fails, though another jobset runs that', async () => {
  const behind = endpointOf('behind', toOps, { dependsOn: [shop.id] });
  let isUp = true;
  const probe = () => (isUp ? success : failure);
  const upper = workerOf('loop-0', [shop], { probe });
  const lower = workerOf('loop-1', [behind], {
    probe: () => (isUp || clock.nowMs() < failsFromMs ? success : failure),
  });
  let failsFromMs = Number.POSITIVE_INFINITY;
  await passUntil(clock, () => upper.seen.transitions.length + lower.seen.transitions.length === 2);
  isUp = false;
  await passUntil(clock, () => upper.seen.transitions.length === 2);
  await clock.advance(6000);
  await new Promise(resolve => setTimeout(resolve, 20));
  failsFromMs = clock.nowMs();
  await passUntil(clock, () => lower.seen.transitions.length === 2);
  expect(lower.seen.transitions[1]).toMatchObject({ kind: 'fail', suppressed: 'depends_on' });
});

test('what a removed endpoint still has to tell waits through a worker that cannot deliver it; an hour later it is forgotten', async () => {
  const leavePending = async (endpoints: readonly Endpoint[], probe: WorkerOptions['probe']) => {
    const worker = workerOf('loop-0', endpoints, { probe, send: unanswered });
    await passUntil(clock, () => worker.seen.checks.length > 20);
    await worker.end();
  };
  await leavePending([shop, search], () => success);
  await leavePending([shop, search], () => failure);
  await leavePending([search], () => failure);
  const third = workerOf('loop-0', [search], { probe: () => failure });
  await passUntil(clock, () => third.seen.sent.includes('shop#2'));
  await passUntil(clock, async () => (await saved(shop.id, 'loop-0'))?.pending.length === 0, 500);
  await third.end();
  const others = async () => [
    ...(await createRuleStore(db).takeOver('loop-0', [search.id], never)).others.keys(),
  ];
  expect(await others()).toEqual(['shop']);
  await clock.advance(3_700_000);
  const fourth = workerOf('loop-0', [search]);
  await passUntil(clock, () => fourth.seen.begun === 1);
  await fourth.end();
  expect(await others()).toEqual([]);
});

test('an endpoint removed while the worker runs leaves what it still has to tell to the next worker', async () => {
  let isUp = true;
  const probe = () => (isUp ? success : failure);
  const first = workerOf('loop-0', [shop, search], { probe, send: unanswered });
  await passUntil(clock, () => first.seen.transitions.length === 2);
  isUp = false;
  await passUntil(clock, () => first.seen.transitions.length === 4);
  await first.worker.update({ endpoints: [search], targets: [ops] });
  await first.end();
  const second = workerOf('loop-0', [search], { probe });
  await passUntil(clock, () => second.seen.sent.includes('shop#2'));
});

/** A jobset whose shop fails, and nobody was told. */
const leaveFailing = async (jobset: string): Promise<void> => {
  let isUp = true;
  const worker = workerOf(jobset, [shop], { probe: () => (isUp ? success : failure), send: unanswered });
  await passUntil(clock, () => worker.seen.transitions.length === 1);
  isUp = false;
  await passUntil(clock, () => worker.seen.transitions.length === 2);
  await worker.end();
};

const takeCare = (jobset: string, send: WorkerOptions['send']) =>
  workerOf(jobset, [], { mode: { kind: 'drain' }, claim: 'if-free', ...(send && { send }) });

test('care lasts until a slow target has got what was left', async () => {
  await leaveFailing('burst-0');
  const care = takeCare('burst-0', async () => {
    await clock.sleep(5000, never);
    return { kind: 'accepted' };
  });
  await passUntil(clock, () => care.seen.ended);
  expect((await saved(shop.id, 'burst-0'))?.pending).toEqual([]);
});

test('care for what no target takes ends within seconds and frees the lease', async () => {
  await leaveFailing('burst-0');
  const startMs = clock.nowMs();
  const care = takeCare('burst-0', unanswered);
  await passUntil(clock, () => care.seen.ended);
  expect(clock.nowMs() - startMs).toBeLessThan(15_000);
  const lease = (await createLeaseStore(db).read(['burst-0'], never)).get('burst-0')?.lease;
  expect(lease?.expiresAtMs).toBe(0);
});

test('a jobset that is gone is not forgotten before the last target has got what it left', async () => {
  await leaveFailing('burst-0');
  const found = await swept({}, unanswered);
  expect(found.retired).toEqual(['burst-0']);
  expect(await createLeaseStore(db).jobsets(never)).toEqual(['burst-0']);
  expect(await swept({})).toEqual({ sent: ['shop#2 fail'], retired: [], unheld: [] });
});

test('a jobset that had an owner and was never watched is unheld', async () => {
  const leases = createLeaseStore(db);
  const wanted = { jobset: 'loop-0', owner: 'a', configHash: 'c', deadlineAtMs: null, ttlMs: 1000 };
  const { lease } = await leases.acquire(wanted, clock.nowMs(), never);
  await leases.release(lease, null, never);
  expect((await swept({ 'loop-0': { endpoints: [shop], targets: [ops] } })).unheld).toEqual(['loop-0']);
});

test('ticks that come due while the last checks end are nobody’s: the lease says watched until the stop', async () => {
  const first = workerOf('loop-0', [shop], { probe: () => unanswered() });
  await passUntil(clock, () => first.seen.checks.length > 0);
  const stoppedAtMs = clock.nowMs();
  await first.end();
  expect(clock.nowMs() - stoppedAtMs).toBeGreaterThan(1000);
  const lease = (await createLeaseStore(db).read(['loop-0'], never)).get('loop-0');
  expect(lease?.unwatchedSinceMs).toBe(stoppedAtMs);
});

test('a fail is told when what it depends on is only unknown in the other jobset', async () => {
  const behind = endpointOf('behind', toOps, { dependsOn: [shop.id] });
  let isUp = true;
  const lower = workerOf('loop-1', [behind], { probe: () => (isUp ? success : failure) });
  await passUntil(clock, () => lower.seen.transitions.length === 1);
  isUp = false;
  await passUntil(clock, () => lower.seen.transitions.length === 2);
  expect(lower.seen.transitions[1]).toMatchObject({ kind: 'fail', suppressed: null });
});

test('who depends on a rule that already fails in another jobset knows it from the first check on', async () => {
  const behind = endpointOf('behind', toOps, { dependsOn: [shop.id] });
  await leaveFailing('loop-0');
  const lower = workerOf('loop-1', [behind], { probe: () => failure });
  await passUntil(clock, () => lower.seen.transitions.length === 1);
  expect(lower.seen.transitions[0]).toMatchObject({ kind: 'fail', suppressed: 'depends_on' });
});

test('a new endpoint has no ticks from before it was there', async () => {
  const first = workerOf('loop-0', [shop]);
  await passUntil(clock, () => first.seen.checks.length > 5);
  await first.end();
  await clock.advance(5000);
  const second = workerOf('loop-0', [shop, search]);
  await passUntil(clock, () => second.seen.checks.length > 10);
  expect(second.worker.endpoint('search')?.ticks.missed).toBe(0);
});

test('a sweep leaves a jobset alone that somebody took meanwhile', async () => {
  await leaveFailing('loop-0');
  await clock.advance(160_000);
  let next: RunningWorker | null = null;
  const found = await swept({ 'loop-0': { endpoints: [shop], targets: [ops] } }, undefined, async () => {
    const worker = workerOf('loop-0', [shop], { send: unanswered });
    next = worker;
    await passUntil(clock, () => worker.seen.begun === 1);
  });
  expect(found).toEqual({ sent: [], retired: [], unheld: ['loop-0'] });
  await clock.advance(5000);
  expect((next as RunningWorker | null)?.seen.ended).toBe(false);
});

test('a worker that comes while a sweep takes care of its jobset relieves it', async () => {
  await leaveFailing('loop-0');
  await clock.advance(160_000);
  let next: RunningWorker | null = null;
  await swept({ 'loop-0': { endpoints: [shop], targets: [ops] } }, () => {
    next ??= workerOf('loop-0', [shop]);
    return unanswered();
  });
  await passUntil(clock, () => (next as RunningWorker | null)?.seen.begun === 1);
});

test('between two workers each due instant is counted once', async () => {
  const first = workerOf('loop-0', [shop]);
  await passUntil(clock, () => first.seen.checks.length > 5);
  await first.end();
  const left = (await createLeaseStore(db).read(['loop-0'], never)).get('loop-0')?.unwatchedSinceMs ?? 0;
  await clock.advance(5000);
  const second = workerOf('loop-0', [shop]);
  await passUntil(clock, () => second.seen.checks.length > 5);
  expect(second.worker.endpoint('shop')?.ticks.due).toBe(dueCount(gridOf(shop, false), left, clock.nowMs()));
});

test('what depends on another jobset goes on asking after the store was away', async () => {
  const behind = endpointOf('behind', toOps, { dependsOn: [shop.id] });
  let isAway = false;
  const client: Database['client'] = Object.create(db.client, {
    send: {
      value: async (...call: Parameters<Database['client']['send']>) => {
        if (isAway) throw new Error('connection refused');
        return db.client.send(...call);
      },
    },
  });
  let isUp = true;
  const probe = () => (isUp ? success : failure);
  const lower = workerOf('loop-1', [behind], { probe, db: { ...db, client } });
  await passUntil(clock, () => lower.seen.transitions.length === 1);
  isAway = true;
  await passUntil(clock, () => lower.seen.checks.length > 60);
  isAway = false;
  await leaveFailing('loop-0');
  const before = lower.seen.checks.length;
  await passUntil(clock, () => lower.seen.checks.length > before + 60);
  isUp = false;
  await passUntil(clock, () => lower.seen.transitions.length === 2);
  expect(lower.seen.transitions[1]).toMatchObject({ kind: 'fail', suppressed: 'depends_on' });
});

test('an endpoint that moves to a jobset which nobody watched for long is not unknown for that', async () => {
  const idle = workerOf('loop-1', [search]);
  await passUntil(clock, () => idle.seen.checks.length > 5);
  await idle.end();
  await clock.advance(600_000);
  const old = workerOf('loop-0', [shop]);
  await passUntil(clock, () => old.seen.checks.length > 50);
  await old.end();
  const next = workerOf('loop-1', [shop, search]);
  await passUntil(clock, () => next.seen.checks.length > 10);
  expect(next.seen.transitions.filter(({ ruleId }) => ruleId === 'shop')).toEqual([]);
});

test('a target that got a transition just before a hand-over does not get it again from the next worker', async () => {
  const both = endpointOf('shop', { targets: [targetName('ops'), targetName('dead')] });
  const targets = [ops, targetOf('dead')];
  const send: WorkerOptions['send'] = async (name, { id }) => {
    if (name === 'dead') return unanswered();
    sent.push(id);
    return { kind: 'accepted' };
  };
  const sent: string[] = [];
  let isUp = true;
  const probe = () => (isUp ? success : failure);
  const first = workerOf('loop-0', [both], { probe, send, targets });
  await passUntil(clock, () => first.seen.transitions.length === 1);
  const leases = createLeaseStore(db);
  const { lease } = (await leases.read(['loop-0'], never)).get('loop-0') ?? {};
  if (!lease) throw new Error('there is no lease');
  await leases.requestHandOver(lease, never);
  // The first hears of it when it renews, 3 s after it took the lease.
  await clock.advance(lease.expiresAtMs - 10_000 + 2850 - clock.nowMs());
  isUp = false;
  await passUntil(clock, () => sent.length === 1, 1);
  await passUntil(clock, () => first.seen.ended);
  const second = workerOf('loop-0', [both], { probe, send, targets });
  await passUntil(clock, () => second.seen.checks.length > 10);
  expect(sent).toEqual(['shop#2']);
});
