import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Database } from '../../../lib/aws/dynamodb-client.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf, failure, success } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';
import { type RunningWorker, runWorker, type WorkerOptions } from '../../support/running-worker.ts';

/** From worker to worker nothing is forgotten, and nothing is claimed that nobody saw. */

const START_MS = 1_790_000_040_000;
const HOUR_MS = 3_600_000;

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
  clock = manualClock(START_MS);
  db = await dynamodb.newDatabase(clock);
});

const shop = endpointOf('shop');
const search = endpointOf('search');

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
    targets: [],
    probe: () => success,
    claim: 'relieve',
    ...options,
  });
  running.push(worker);
  return worker;
};

type Call = Parameters<Database['client']['send']>;

const through = (send: (call: Call) => Promise<unknown>): Database => ({
  ...db,
  client: Object.create(db.client, { send: { value: async (...call: Call) => send(call) } }),
});

/** A worker that is told to end just when it reads the checkpoint. */
const stoppedWhileLoading = async (endpoints: readonly Endpoint[]): Promise<RunningWorker> => {
  let stop = () => {};
  const stopping = through(async call => {
    const [command] = call;
    if (
      command.constructor.name === 'GetItemCommand' &&
      JSON.stringify(command.input).includes('"checkpoint"')
    )
      stop();
    return db.client.send(...call);
  });
  const worker = workerOf('loop-0', endpoints, { db: stopping });
  stop = worker.stop;
  await passUntil(clock, () => worker.seen.ended);
  return worker;
};

const kindsOf = ({ seen }: RunningWorker, id: string): readonly string[] =>
  seen.transitions.filter(({ ruleId }) => ruleId === id).map(({ kind }) => kind);

test('a worker that ends while it loads leaves the streaks as they are', async () => {
  const patient = endpointOf('shop', {}, { failureThreshold: 1000 });
  const streak = async () =>
    (await createRuleStore(db).load('loop-0', [patient.id], never)).get(patient.id)?.state.streak;
  const first = workerOf('loop-0', [patient], { probe: () => failure });
  await passUntil(clock, () => first.seen.checks.length > 50);
  await first.end();
  const before = await streak();
  expect(before).toBeGreaterThan(50);
  const { seen } = await stoppedWhileLoading([patient]);
  expect({ begun: seen.begun, problems: seen.problems, streak: await streak() }).toEqual({
    begun: 0,
    problems: [],
    streak: before,
  });
});

test('a worker that ends while it loads has not watched', async () => {
  const first = workerOf('loop-0', [shop]);
  await passUntil(clock, () => first.seen.transitions.length === 1);
  await first.end();
  await clock.advance(HOUR_MS);
  await stoppedWhileLoading([shop]);
  const third = workerOf('loop-0', [shop]);
  await passUntil(clock, () => third.seen.checks.length > 10);
  expect(kindsOf(third, 'shop')).toEqual(['unknown', 'ok']);
});

test('an endpoint that has moved keeps its streak until its new worker comes, though the old jobset saves without it', async () => {
  const calm = endpointOf('shop', {}, { staleAfterMs: 180_000 });
  const first = workerOf('loop-0', [calm, search]);
  await passUntil(clock, () => first.seen.checks.length > 4000, 100);
  await first.end();
  const second = workerOf('loop-0', [search]);
  await passUntil(clock, () => second.seen.checks.length > 340);
  const third = workerOf('loop-1', [calm]);
  await passUntil(clock, () => third.seen.checks.length > 10);
  expect(kindsOf(third, 'shop')).toEqual([]);
  expect(third.worker.endpoint('shop')?.state.streak).toBeGreaterThan(1000);
});

test('an endpoint that was removed and comes back was not watched meanwhile, though its jobset was', async () => {
  const first = workerOf('loop-0', [shop, search]);
  await passUntil(clock, () => first.seen.transitions.length === 2);
  await first.end();
  const second = workerOf('loop-0', [search]);
  await passUntil(clock, () => second.seen.checks.length > 600, 100);
  await second.end();
  const third = workerOf('loop-0', [shop, search]);
  await passUntil(clock, () => third.seen.checks.length > 20);
  expect(kindsOf(third, 'shop')).toEqual(['unknown', 'ok']);
  expect(kindsOf(third, 'search')).toEqual([]);
});

test('an older minute that comes late does not take a newer one back', async () => {
  const everyMs = 60_000;
  const minutely = endpointOf(
    'minutely',
    { schedule: { kind: 'interval', everyMs, failEveryMs: everyMs } },
    { staleAfterMs: 600_000 },
  );
  const checksIn = async (minute: number): Promise<number> => {
    const { seen } = workerOf('burst-0', [minutely], {
      mode: { kind: 'burst', untilMs: START_MS + minute * everyMs },
      claim: 'queue',
    });
    await passUntil(clock, () => seen.ended);
    return seen.checks.length;
  };
  const counts = [await checksIn(0)];
  await clock.advance(2 * everyMs);
  counts.push(await checksIn(2), await checksIn(1), await checksIn(2));
  expect(counts).toEqual([1, 1, 0, 0]);
});
