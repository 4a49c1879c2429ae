import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Database } from '../../../lib/aws/dynamodb-client.ts';
import { createLeaseStore } from '../../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf, failure, success, targetName, targetOf } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';
import { type RunningWorker, runWorker, type WorkerOptions } from '../../support/running-worker.ts';

/** A burst: each minute a worker comes, runs what is due and ends. */

let dynamodb: TestDynamodb;
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
});
afterAll(() => dynamodb.close());

const MINUTE_MS = 60_000;
const START_MS = 1_790_000_040_000;

let clock: ManualClock;
let db: Database;
let running: RunningWorker[] = [];
beforeEach(async () => {
  for (const { stop } of running) stop();
  running = [];
  clock = manualClock(START_MS);
  db = await dynamodb.newDatabase(clock);
});

const ops = targetOf('ops');
const every = (everyMs: number, failEveryMs = everyMs): Partial<Endpoint> => ({
  schedule: { kind: 'interval', everyMs, failEveryMs },
  targets: [targetName('ops')],
});
const minutely = endpointOf('minutely', every(MINUTE_MS), { staleAfterMs: 3 * MINUTE_MS });

const start = (minute: number, endpoints: readonly Endpoint[], options: Partial<WorkerOptions> = {}) => {
  const worker = runWorker({
    clock,
    db,
    owner: `${minute}/${running.length}`,
    jobset: 'burst-0',
    endpoints,
    targets: [ops],
    probe: () => success,
    claim: 'queue',
    mode: { kind: 'burst', untilMs: START_MS + minute * MINUTE_MS },
    ...options,
  });
  running.push(worker);
  return worker;
};

/** The burst of the n-th minute, begun `slackMs` late, up to its end. */
const burst = async (
  minute: number,
  endpoints: readonly Endpoint[],
  { slackMs = 0, ...options }: Partial<WorkerOptions> & { readonly slackMs?: number } = {},
) => {
  await clock.advance(Math.max(0, START_MS + minute * MINUTE_MS + slackMs - clock.nowMs()));
  const worker = start(minute, endpoints, options);
  await passUntil(clock, () => worker.seen.ended);
  return worker.seen;
};

test('each minute has one check of a minutely endpoint, whenever in the minute the schedule fires', async () => {
  const slacks = [0, 50_000, 3000, 59_000, 0, 30_000];
  for (const [minute, slackMs] of slacks.entries())
    expect((await burst(minute, [minutely], { slackMs })).checked).toEqual(['minutely']);
});

test('a worker ends once the checks are through, what changed is saved and delivered, and the lease is free', async () => {
  await burst(0, [minutely]);
  const seen = await burst(1, [minutely], { probe: () => failure });
  expect(clock.nowMs() - (START_MS + MINUTE_MS)).toBeLessThan(2000);
  expect(seen.sent).toEqual(['minutely#2']);
  const saved = (await createRuleStore(db).load('burst-0', [minutely.id], never)).get(minutely.id);
  expect(saved).toMatchObject({ state: { state: 'fail', version: 2 }, pending: [] });
  const lease = (await createLeaseStore(db).read(['burst-0'], never)).get('burst-0');
  expect(lease).toMatchObject({ unwatchedSinceMs: START_MS + MINUTE_MS, lease: { expiresAtMs: 0 } });
});

test('streaks go on from burst to burst', async () => {
  const patient = endpointOf('patient', every(MINUTE_MS), {
    failureThreshold: 3,
    staleAfterMs: 5 * MINUTE_MS,
  });
  const kinds: string[] = [];
  for (const minute of [0, 1, 2, 3])
    kinds.push(
      (await burst(minute, [patient], { probe: () => failure })).transitions.map(({ kind }) => kind).join() ||
        '-',
    );
  expect(kinds).toEqual(['-', '-', 'fail', '-']);
});

test('an endpoint of five minutes has its check in one burst of five, after the first at once', async () => {
  const slow = endpointOf('slow', every(5 * MINUTE_MS), { staleAfterMs: 30 * MINUTE_MS });
  const checks: number[] = [];
  for (let minute = 0; minute <= 10; minute++) checks.push((await burst(minute, [slow])).checks.length);
  expect(checks[0]).toBe(1);
  const rest = checks.slice(1);
  expect(rest.slice(0, 5).reduce((sum, count) => sum + count)).toBe(1);
  expect(rest.slice(5)).toEqual(rest.slice(0, 5));
});

test('the same minute twice is run once', async () => {
  await burst(0, [minutely]);
  await burst(1, [minutely]);
  expect((await burst(1, [minutely])).checks).toEqual([]);
});

test('minutes that nobody came in are missed, and make the rule unknown when it was silent for too long', async () => {
  await burst(0, [minutely]);
  const worker = start(3, [minutely]);
  let ticks = worker.worker.endpoint('minutely')?.ticks;
  await clock.advance(3 * MINUTE_MS);
  await passUntil(clock, () => {
    ticks = worker.worker.endpoint('minutely')?.ticks.run ? worker.worker.endpoint('minutely')?.ticks : ticks;
    return worker.seen.ended;
  });
  expect(ticks).toMatchObject({ due: 3, run: 1, missed: 2 });
  const seen = await burst(10, [minutely]);
  expect(seen.transitions.map(({ kind }) => kind)).toEqual(['unknown', 'ok']);
});

test('a failing endpoint with a short interval_fail keeps the worker until shortly before the next', async () => {
  const anxious = endpointOf('anxious', every(MINUTE_MS, 10_000), { staleAfterMs: 3 * MINUTE_MS });
  await burst(0, [anxious]);
  const seen = await burst(1, [anxious], { probe: () => failure });
  expect(seen.checks.length).toBeGreaterThanOrEqual(5);
  expect(clock.nowMs()).toBeLessThan(START_MS + 2 * MINUTE_MS);
  let left = 2;
  const recovering = await burst(2, [anxious], { probe: () => (left-- > 0 ? failure : success) });
  expect(recovering.transitions.map(({ kind }) => kind)).toEqual(['ok']);
  expect(recovering.checks).toHaveLength(3);
});

test('a burst that finds another at work relieves it', async () => {
  const anxious = endpointOf('anxious', every(MINUTE_MS, 10_000), { staleAfterMs: 3 * MINUTE_MS });
  await burst(0, [anxious]);
  await clock.advance(START_MS + MINUTE_MS + 40_000 - clock.nowMs());
  const first = start(1, [anxious], { probe: () => failure });
  await passUntil(clock, () => first.seen.checks.length > 1);
  const second = start(2, [anxious], { probe: () => failure });
  await passUntil(clock, () => first.seen.ended);
  await passUntil(clock, () => second.seen.checks.length > 0);
  expect(Math.min(...second.seen.checks)).toBeGreaterThan(Math.max(...first.seen.checks));
});

test('where one burst waits for another already, a third leaves', async () => {
  const slow = endpointOf('slow', { ...every(5 * MINUTE_MS), timeoutMs: 4 * MINUTE_MS });
  const probe: WorkerOptions['probe'] = async () => {
    await clock.sleep(170_000);
    return success;
  };
  const first = start(0, [slow], { probe });
  await passUntil(clock, () => first.seen.checks.length === 1, 100);
  const second = start(1, [slow], { probe });
  await clock.advance(1000);
  await passUntil(clock, () => clock.monotonicMs() > 2000, 100);
  const third = start(2, [slow], { probe });
  await passUntil(clock, () => third.seen.ended, 100);
  expect({ first: first.seen.ended, second: second.seen.ended }).toEqual({ first: false, second: false });
  await passUntil(clock, () => second.seen.ended, 200);
});

test('a check that takes longer than a minute ends in peace, and the next burst waits for it', async () => {
  const slow = endpointOf('slow', { ...every(5 * MINUTE_MS), timeoutMs: 2 * MINUTE_MS });
  const probe: WorkerOptions['probe'] = async ({ id }) => {
    if (id === 'slow') await clock.sleep(80_000);
    return success;
  };
  const first = start(0, [slow, minutely], { probe });
  await passUntil(clock, () => clock.nowMs() > START_MS + MINUTE_MS, 100);
  const second = start(1, [slow, minutely], { probe });
  await passUntil(clock, () => first.seen.ended, 100);
  expect(first.seen.transitions.map(({ id }) => id).sort()).toEqual(['minutely#1', 'slow#1']);
  await passUntil(clock, () => second.seen.ended, 100);
  expect(second.seen.checked).toContain('minutely');
});

test('a check that hangs is ended by its own time-out, and the others do not wait for it', async () => {
  const hangs = endpointOf('hangs', { ...every(MINUTE_MS), timeoutMs: 5000 });
  const probe: WorkerOptions['probe'] = ({ id }, signal) =>
    id === 'hangs'
      ? new Promise(resolve => signal.addEventListener('abort', () => resolve(failure)))
      : success;
  const seen = await burst(0, [hangs, minutely], { probe });
  expect(seen.results).toHaveLength(2);
  expect(Math.max(...seen.results) - Math.min(...seen.results)).toBeGreaterThanOrEqual(4990);
});

test('the first burst of all misses nothing', async () => {
  await clock.advance(0);
  const { worker, seen } = start(0, [minutely]);
  let ticks = worker.endpoint('minutely')?.ticks;
  await passUntil(clock, () => {
    if (!seen.ended && seen.begun === 1) ticks = worker.endpoint('minutely')?.ticks;
    return seen.ended;
  });
  expect(ticks).toEqual({ due: 1, run: 1, late: 0, missed: 0 });
});

test('a minute counts as run only once its burst is through', async () => {
  const hangs = endpointOf('hangs', { ...every(MINUTE_MS), timeoutMs: 20_000 });
  await burst(0, [minutely]);
  await clock.advance(START_MS + MINUTE_MS - clock.nowMs());
  const { seen } = start(1, [hangs], { probe: () => new Promise<never>(() => {}) });
  const leases = createLeaseStore(db);
  await passUntil(clock, () => seen.checks.length === 1);
  const expiresAtMs = async () =>
    (await leases.read(['burst-0'], never)).get('burst-0')?.lease.expiresAtMs ?? 0;
  const atFirst = await expiresAtMs();
  await passUntil(clock, async () => (await expiresAtMs()) > atFirst);
  expect((await leases.read(['burst-0'], never)).get('burst-0')?.unwatchedSinceMs).toBe(START_MS);
});

test('a disabled endpoint is not visited', async () => {
  const off = endpointOf('off', { ...every(MINUTE_MS), status: 'disabled' });
  for (const minute of [0, 1]) expect((await burst(minute, [off, minutely])).checked).toEqual(['minutely']);
});

test('a burst runs no more checks at once than it may, and stays for those that wait', async () => {
  let inFlight = 0;
  let most = 0;
  const probe: WorkerOptions['probe'] = async () => {
    most = Math.max(most, ++inFlight);
    await clock.sleep(300, never);
    inFlight--;
    return success;
  };
  const many = Array.from({ length: 250 }, (_, n) => endpointOf(`shop-${n}`, every(MINUTE_MS)));
  expect((await burst(0, many, { probe })).results).toHaveLength(250);
  expect(most).toBe(100);
});

test('what a failing endpoint’s short interval brought between two visits is missed', async () => {
  const anxious = endpointOf('anxious', every(MINUTE_MS, 10_000), { staleAfterMs: 30 * MINUTE_MS });
  await burst(0, [anxious], { probe: () => failure });
  await clock.advance(START_MS + 3 * MINUTE_MS - clock.nowMs());
  const { worker, seen } = start(3, [anxious], { probe: () => failure });
  await passUntil(clock, () => seen.checks.length > 0);
  const missed = worker.endpoint('anxious')?.ticks.missed;
  expect(missed).toBeGreaterThanOrEqual(12);
  expect(missed).toBeLessThanOrEqual(14);
});

test('a burst vouches only for what it checked', async () => {
  const slow = endpointOf('slow', every(5 * MINUTE_MS), { staleAfterMs: 90_000 });
  const kinds: string[] = [];
  for (const minute of [0, 1, 2])
    kinds.push((await burst(minute, [slow])).transitions.map(({ kind }) => kind).join());
  expect(kinds).toEqual(['initial', '', 'unknown,ok']);
});

test('of ten hours of a cron expression that nobody came in, the ticks of the last are missed', async () => {
  const cron = endpointOf('cron', {
    schedule: { kind: 'cron', expression: '* * * * *', timezone: 'UTC', failEveryMs: null },
  });
  await burst(0, [cron]);
  await clock.advance(START_MS + 600 * MINUTE_MS - clock.nowMs());
  const { worker, seen } = start(600, [cron]);
  let missed = 0;
  await passUntil(clock, () => {
    missed = Math.max(missed, worker.endpoint('cron')?.ticks.missed ?? 0);
    return seen.ended;
  });
  expect(missed).toBeGreaterThanOrEqual(58);
  expect(missed).toBeLessThanOrEqual(60);
});

test('a burst without news ends at once', async () => {
  await burst(0, [minutely]);
  await burst(1, [minutely]);
  expect(clock.nowMs() - (START_MS + MINUTE_MS)).toBeLessThan(500);
});
