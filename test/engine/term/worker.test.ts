import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Database } from '../../../lib/aws/dynamodb-client.ts';
import { createLeaseStore } from '../../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import type { ProbeResult } from '../../../lib/domain/result.ts';
import { newRuleState, type Transition } from '../../../lib/domain/transition.ts';
import { createRuleCounters } from '../../../lib/engine/ports/rule-counters.ts';
import { HISTORY } from '../../../lib/engine/ports/rule-store.ts';
import { hold } from '../../../lib/rule/held-state.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf, failure, success, targetName, targetOf } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';
import { runWorker, type WorkerOptions } from '../../support/running-worker.ts';

const JOBSET = 'local';
const LOST =
  'jobset "local" lost its lease: another worker has it. Checks are paused; it tries again by itself.';

let dynamodb: TestDynamodb;
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
});
afterAll(() => dynamodb.close());

let clock: ManualClock;
let db: Database;
let stops: (() => void)[] = [];
beforeEach(async () => {
  for (const stop of stops) stop();
  stops = [];
  clock = manualClock();
  db = await dynamodb.newDatabase(clock);
});

const ops = targetOf('ops');
const shop = endpointOf('shop', { targets: [targetName('ops')] });

/** A worker over the real store of this test. */
const workerOf = (
  owner: string,
  probe: WorkerOptions['probe'],
  {
    endpoints = [shop],
    database = db,
  }: { readonly endpoints?: readonly Endpoint[]; readonly database?: Database } = {},
) => {
  const running = runWorker({ clock, db: database, owner, endpoints, targets: [ops], probe });
  stops.push(running.stop);
  return running;
};

/** A store that is away while `isAway` says so. */
const awayWhile = (isAway: () => boolean): Database => ({
  ...db,
  client: Object.create(db.client, {
    send: {
      value: async (...call: Parameters<Database['client']['send']>) => {
        if (isAway()) throw new Error('connection refused');
        return db.client.send(...call);
      },
    },
  }),
});

/** Somebody else saves the second transition of the shop. */
const saveAsAnother = async (epoch: number, first: Transition): Promise<void> => {
  const state = (await saved())?.state;
  if (!state) throw new Error('nothing is saved');
  const transition: Transition = {
    ...first,
    id: 'shop#2',
    version: 2,
    kind: 'fail',
    state: 'fail',
    error: 'of another',
  };
  const outcome = await createRuleStore(db).save(
    { jobset: JOBSET, epoch },
    { ...state, state: 'fail', version: 2, announced: 'fail' },
    { transition, to: [HISTORY, 'ops'] },
    never,
  );
  expect(outcome).toBe('saved');
};

/** A checkpoint of the shop in the middle of failing. */
const countersWithStreak = (streak: number) => {
  const counters = createRuleCounters();
  counters.begin(1);
  counters.add(
    shop.id,
    hold({ ...newRuleState, state: 'ok', version: 1, streak, lastResultAtMs: clock.nowMs(), runs: 7 }),
  );
  return counters.all();
};

const saved = async (id = shop.id) => (await createRuleStore(db).load(JOBSET, [id], never)).get(id);
const kinds = (transitions: readonly Transition[]): readonly string[] => transitions.map(({ kind }) => kind);

test('it checks, saves what changes, delivers it, and at the end frees its lease', async () => {
  let isUp = true;
  const { worker, seen, end } = workerOf('a', () => (isUp ? success : failure));
  await passUntil(clock, () => kinds(seen.transitions).includes('initial'));
  isUp = false;
  await passUntil(clock, () => seen.sent.length === 1);
  expect(kinds(seen.transitions)).toEqual(['initial', 'fail']);
  expect(seen.sent).toEqual(['shop#2']);
  expect(worker.endpoint('shop')?.state.state).toBe('fail');
  expect(worker.status()).toMatchObject({ endpoints: 1, failing: 1, stalled: false, storeReachable: true });
  await end();
  const left = await saved();
  expect(left?.state).toMatchObject({ state: 'fail', version: 2 });
  expect(left?.pending.flatMap(({ to }) => to)).not.toContain('ops');
  const successor = workerOf('b', () => failure);
  await passUntil(clock, () => successor.seen.begun === 1);
});

test('after a restart, state and streak go on where they were, and no transition is made twice', async () => {
  const patient = endpointOf('shop', { targets: [targetName('ops')] }, { failureThreshold: 30 });
  const first = workerOf('a', () => failure, { endpoints: [patient] });
  await passUntil(clock, () => first.seen.checks.length === 20);
  await first.end();
  const runs = (await saved())?.state.runs ?? 0;
  expect(runs).toBeGreaterThanOrEqual(20);
  const second = workerOf('b', () => failure, { endpoints: [patient] });
  await passUntil(clock, () => second.seen.transitions.length === 1);
  expect(second.seen.checks.length).toBe(30 - runs);
  expect(second.seen.transitions[0]?.id).toBe('shop#1');
});

test('time that nobody watched is never shown as up', async () => {
  const first = workerOf('a', () => success);
  await passUntil(clock, () => first.seen.transitions.length === 1);
  await first.end();
  const leftMs = clock.nowMs();
  await clock.advance(60_000);
  const second = workerOf('b', () => success);
  await passUntil(clock, () => second.seen.transitions.length === 2);
  expect(kinds(second.seen.transitions)).toEqual(['unknown', 'ok']);
  expect(second.seen.transitions[0]?.sinceMs).toBeLessThanOrEqual(leftMs);
});

test('a short gap between two workers is no silence', async () => {
  const first = workerOf('a', () => success);
  await passUntil(clock, () => first.seen.transitions.length === 1);
  await first.end();
  await clock.advance(5000);
  const second = workerOf('b', () => success);
  await passUntil(clock, () => second.seen.checks.length > 5);
  expect(second.seen.transitions).toEqual([]);
});

test('another worker that asks is handed over to: no check twice, no streak lost', async () => {
  const patient = endpointOf('shop', {}, { failureThreshold: 1000 });
  const first = workerOf('a', () => failure, { endpoints: [patient] });
  await passUntil(clock, () => first.seen.checks.length === 20);
  const second = workerOf('b', () => failure, { endpoints: [patient] });
  await passUntil(clock, () => second.seen.checks.length === 20);
  expect(first.seen.ended).toBe(true);
  expect(Math.max(...first.seen.checks)).toBeLessThan(Math.min(...second.seen.checks));
  expect(Math.min(...second.seen.checks) - Math.max(...first.seen.checks)).toBeLessThan(1000);
  const total = first.seen.checks.length + second.seen.checks.length;
  await passUntil(clock, () => second.worker.endpoint('shop')?.state.streak === total);
});

test('a worker that the store is away for goes on checking; who takes its lease meanwhile fences it off', async () => {
  let isAway = false;
  const first = workerOf('a', () => success, { database: awayWhile(() => isAway) });
  await passUntil(clock, () => first.seen.transitions.length === 1);
  isAway = true;
  const second = workerOf('b', () => failure);
  await passUntil(clock, () => kinds(second.seen.transitions).includes('fail'), 50);
  const before = first.seen.checks.length;
  await clock.advance(5000);
  expect(first.seen.checks.length).toBeGreaterThan(before + 40);
  expect(first.seen.problems).toHaveLength(1);
  expect((await saved())?.state.state).toBe('fail');
  isAway = false;
  await passUntil(clock, () =>
    first.seen.problems.some(problem => problem.includes('another worker has it')),
  );
  expect(kinds(first.seen.transitions)).toEqual(['initial']);
});

test('a store that is away for an hour stops no check, and is told once', async () => {
  const slow = endpointOf('shop', {
    schedule: { kind: 'interval', everyMs: 1000, failEveryMs: 1000 },
    targets: [targetName('ops')],
  });
  let isAway = false;
  const { seen, worker } = workerOf('a', () => success, {
    endpoints: [slow],
    database: awayWhile(() => isAway),
  });
  await passUntil(clock, () => seen.transitions.length === 1);
  isAway = true;
  const before = seen.checks.length;
  await clock.advance(3_600_000);
  expect(seen.checks.length - before).toBeGreaterThanOrEqual(3600);
  expect(worker.endpoint('shop')?.ticks.missed).toBe(0);
  expect(seen.problems).toEqual([
    'the store does not answer: connection refused. States are kept in memory and saved when it does.',
    expect.stringContaining('the checkpoint could not be saved: connection refused'),
  ]);
  isAway = false;
  await clock.advance(2000);
  expect(seen.begun).toBe(1);
});

test('a lease that was taken away is noticed at the next renewal', async () => {
  const { seen } = workerOf('a', () => success);
  await passUntil(clock, () => seen.transitions.length === 1);
  await createLeaseStore(db).acquire(
    { jobset: JOBSET, owner: 'a', configHash: 'c', deadlineAtMs: null, ttlMs: 60_000 },
    clock.nowMs(),
    never,
  );
  const takenAtMs = clock.nowMs();
  await passUntil(clock, () => seen.problems.length > 0);
  expect(seen.problems).toEqual([LOST]);
  expect(clock.nowMs() - takenAtMs).toBeLessThan(5000);
});

test('a checkpoint of a later epoch ends this one, and the worker goes on under a new one', async () => {
  let isUp = true;
  const { seen } = workerOf('a', () => (isUp ? success : failure));
  await passUntil(clock, () => seen.transitions.length === 1);
  await createRuleStore(db).checkpoint({ jobset: JOBSET, epoch: 2 }, createRuleCounters().all(), never);
  await passUntil(clock, () => seen.begun === 2, 50);
  expect(seen.problems).toContain(LOST);
  isUp = false;
  await passUntil(clock, () => seen.sent.includes('shop#2'));
});

test('a rule that a later epoch has written is left to whoever did, and the others go on', async () => {
  let isUp = true;
  const other = endpointOf('other');
  const { worker, seen } = workerOf('a', () => (isUp ? success : failure), { endpoints: [shop, other] });
  await passUntil(clock, () => seen.transitions.length === 2);
  const shopsFirst = seen.transitions.find(({ ruleId }) => ruleId === shop.id);
  await saveAsAnother(2, shopsFirst as Transition);
  isUp = false;
  await passUntil(clock, () => seen.transitions.length === 3);
  await passUntil(clock, () => seen.problems.length > 0);
  expect(seen.problems).toEqual(['"shop" is run by another worker now']);
  const checksOfShop = () => seen.checked.filter(id => id === 'shop').length;
  const before = { shop: checksOfShop(), all: seen.checked.length };
  await passUntil(clock, () => seen.checked.length > before.all + 50);
  expect(checksOfShop()).toBe(before.shop);
  expect(seen.begun).toBe(1);
  expect(seen.sent).toEqual([]);
  expect(worker.endpoint('other')?.state.state).toBe('fail');
});

test('what another saved under the same epoch is taken over and delivered', async () => {
  let isUp = true;
  const { seen } = workerOf('a', () => (isUp ? success : failure));
  await passUntil(clock, () => seen.transitions.length === 1);
  await saveAsAnother(1, seen.transitions[0] as Transition);
  isUp = false;
  await passUntil(clock, () => seen.sent.length === 1);
  expect(seen.problems).toEqual([
    'another monitor saved "shop" first; its state is used now. If this repeats, two monitors share one table.',
  ]);
  expect(seen.transitions.at(-1)).toMatchObject({ id: 'shop#2', error: 'of another' });
  isUp = true;
  await passUntil(clock, () => seen.sent.length === 2);
  expect(seen.sent).toEqual(['shop#2', 'shop#3']);
});

test('a hand-over waits for the check in flight', async () => {
  const startMs = clock.nowMs();
  const endpoints = [endpointOf('shop', { timeoutMs: 10_000 })];
  let answer = (_: ProbeResult) => {};
  const held = new Promise<ProbeResult>(resolve => {
    answer = resolve;
  });
  const first = workerOf('a', () => held, { endpoints });
  await passUntil(clock, () => first.seen.checks.length === 1);
  const second = workerOf('b', () => success, { endpoints });
  // Asked at the renewal after 3 s, the first gives the check 0.4 s to end.
  await passUntil(clock, () => clock.nowMs() >= startMs + 3200);
  expect(second.seen.begun).toBe(0);
  answer(success);
  await passUntil(clock, () => second.seen.begun === 1);
  expect(first.seen.transitions.map(({ id }) => id)).toEqual(['shop#1']);
});

test('a check that hangs holds up a hand-over for less than a second, and is not applied', async () => {
  const endpoints = [endpointOf('hangs', { timeoutMs: 10_000 }), shop];
  let answer = (_: ProbeResult) => {};
  const held = new Promise<ProbeResult>(resolve => {
    answer = resolve;
  });
  const first = workerOf('a', ({ id }) => (id === 'hangs' ? held : success), { endpoints });
  await passUntil(clock, () => first.seen.checks.length > 10);
  const second = workerOf('b', () => success, { endpoints });
  await passUntil(clock, () => second.seen.checked.includes('shop'));
  answer(failure);
  expect(Math.min(...second.seen.checks) - Math.max(...first.seen.checks)).toBeLessThan(1000);
  await passUntil(clock, () => second.seen.transitions.some(({ ruleId }) => ruleId === 'hangs'));
  expect(second.seen.transitions.map(({ id, kind }) => `${id} ${kind}`)).toEqual(['hangs#1 initial']);
});

/** Every check changes the state, twenty-five a second, while the store is away. */
const flapThroughOutage = async (awayMs: number) => {
  let checks = 0;
  let isAway = false;
  const flapping = () => (checks++ % 2 === 0 ? success : failure);
  const running = workerOf('a', flapping, { database: awayWhile(() => isAway) });
  await passUntil(clock, () => running.seen.transitions.length === 1);
  isAway = true;
  await clock.advance(awayMs);
  isAway = false;
  return running;
};

test('forty transitions wait for a store that is away, and are saved and told in order once it is back', async () => {
  const { seen } = await flapThroughOutage(4000);
  await passUntil(clock, () => seen.transitions.length > 45);
  const versions = seen.transitions.map(({ version }) => version);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
  expect(seen.transitions.every(({ merged }) => merged === 0)).toBe(true);
});

test('of more than fifty that wait, the oldest become one that says for how many it stands', async () => {
  const { seen } = await flapThroughOutage(10_000);
  await passUntil(clock, () => seen.transitions.length > 55);
  expect(seen.transitions.filter(({ merged }) => merged > 0).map(({ merged }) => merged > 40)).toEqual([
    true,
  ]);
  for (const [index, one] of seen.transitions.slice(1).entries()) {
    const before = seen.transitions[index];
    expect(one.version).toBe((before?.version ?? 0) + 1 + one.merged);
    expect(one.previousState).toBe(before?.state);
  }
  expect((await saved())?.state.version).toBe(seen.transitions.at(-1)?.version);
});

test('a store that is away for half a minute silences no alarm: targets hear under the id that is saved later', async () => {
  let isUp = true;
  let isAway = false;
  const sent: Transition[] = [];
  const { seen } = runWorker({
    clock,
    db: awayWhile(() => isAway),
    owner: 'a',
    endpoints: [shop],
    targets: [ops],
    probe: () => (isUp ? success : failure),
    send: async (_, transition) => {
      sent.push(transition);
      return { kind: 'accepted' };
    },
  });
  await passUntil(clock, () => seen.transitions.length === 1);
  isAway = true;
  isUp = false;
  await clock.advance(29_000);
  expect(sent).toEqual([]);
  await clock.advance(3000);
  expect(sent).toMatchObject([{ id: 'shop#2-1', kind: 'fail', saved: false }]);
  isUp = true;
  await clock.advance(500);
  expect(sent).toMatchObject([{ id: 'shop#2-1' }, { id: 'shop#3-1', kind: 'ok', saved: false }]);
  expect(kinds(seen.transitions)).toEqual(['initial']);
  isAway = false;
  await passUntil(clock, async () => (await saved())?.pending.length === 0);
  expect(kinds(seen.transitions)).toEqual(['initial', 'fail', 'ok']);
  expect(seen.transitions.map(({ id }) => id)).toEqual(['shop#1', 'shop#2-1', 'shop#3-1']);
  expect(sent).toHaveLength(2);
});

test('while the store is away results go on counting, and what changed is saved once it is back', async () => {
  let isUp = true;
  let isAway = false;
  const database = awayWhile(() => isAway);
  const { worker, seen } = workerOf('a', () => (isUp ? success : failure), { database });
  await passUntil(clock, () => seen.transitions.length === 1);
  isAway = true;
  isUp = false;
  await clock.advance(4000);
  expect(worker.status().storeReachable).toBe(false);
  expect(worker.vitals().storeFailures).toBeGreaterThan(0);
  expect(seen.transitions).toHaveLength(1);
  isAway = false;
  await passUntil(clock, () => seen.sent.length === 1);
  expect(kinds(seen.transitions)).toEqual(['initial', 'fail']);
  expect(worker.status().storeReachable).toBe(true);
});

test('a changed config takes force in place: what is the same keeps its ticks, what is new begins, what is gone ends', async () => {
  const gone = endpointOf('gone');
  const { worker, seen } = workerOf('a', () => success, { endpoints: [shop, gone] });
  await passUntil(clock, () => seen.checks.length === 20);
  const before = worker.endpoint('shop');
  const added = endpointOf('added');
  await worker.update({ endpoints: [{ ...shop, source: 'test.yml:7' }, added], targets: [ops] });
  await passUntil(clock, () => (worker.endpoint('added')?.ticks.run ?? 0) > 3);
  expect(worker.endpoint('gone')).toBeNull();
  expect(worker.endpoint('shop')?.ticks.run).toBeGreaterThan(before?.ticks.run ?? 0);
  expect(worker.endpoint('shop')?.state.streak).toBeGreaterThan(before?.state.streak ?? 0);
  expect([...worker.endpoints()].map(({ endpoint }) => endpoint.id)).toEqual(['shop', 'added']);
});

test('a rule whose definition changed keeps its state', async () => {
  const { worker, seen } = workerOf('a', () => success);
  await passUntil(clock, () => seen.checks.length === 20);
  const before = worker.endpoint('shop')?.state;
  await worker.update({ endpoints: [{ ...shop, timeoutMs: 2000 }], targets: [ops] });
  await passUntil(clock, () => seen.checks.length === 25);
  expect(worker.endpoint('shop')?.state).toMatchObject({ state: 'ok', version: 1, sinceMs: before?.sinceMs });
  expect(worker.endpoint('shop')?.state.streak).toBeGreaterThan(before?.streak ?? 0);
});

test('a check that is silent makes its rule unknown, not fail', async () => {
  let isSilent = false;
  const { worker, seen } = workerOf('a', () => (isSilent ? new Promise<never>(() => {}) : success));
  await passUntil(clock, () => seen.transitions.length === 1);
  isSilent = true;
  await passUntil(clock, () => seen.transitions.length === 2, 100);
  expect(seen.transitions[1]).toMatchObject({ kind: 'unknown', state: 'unknown', reason: 'silence' });
  expect(worker.status()).toMatchObject({ failing: 0, unknown: 1 });
});

test('a fail while what it depends on fails is recorded and not delivered', async () => {
  const router = endpointOf('router', { targets: [targetName('ops')] });
  const behind = endpointOf(
    'behind',
    { targets: [targetName('ops')], schedule: { kind: 'interval', everyMs: 500, failEveryMs: 500 } },
    { dependsOn: [router.id], failureThreshold: 2 },
  );
  let isUp = true;
  const { seen } = workerOf('a', () => (isUp ? success : failure), { endpoints: [router, behind] });
  await passUntil(clock, () => seen.transitions.length === 2);
  isUp = false;
  await passUntil(clock, () => seen.transitions.length === 4);
  isUp = true;
  await passUntil(clock, () => seen.transitions.length === 6);
  expect(
    seen.transitions.map(({ ruleId, kind, suppressed }) => `${ruleId} ${kind} ${suppressed}`).sort(),
  ).toEqual([
    'behind fail depends_on',
    'behind initial null',
    'behind ok unannounced',
    'router fail null',
    'router initial null',
    'router ok null',
  ]);
  await passUntil(clock, () => seen.sent.length === 2);
  expect(seen.sent).toEqual(['router#2', 'router#3']);
});

test.each([3_600_000, -3_600_000, 86_400_000, -86_400_000, 1000, -1000])(
  'a clock that is set back by %d ms stops nothing, and makes nothing silent or missed',
  async byMs => {
    const { seen, worker } = workerOf('a', () => success);
    await passUntil(clock, () => seen.checks.length === 10);
    clock.setBack(byMs);
    await clock.advance(5000);
    const ticks = worker.endpoint('shop')?.ticks;
    expect(seen.checks.length).toBeGreaterThanOrEqual(59);
    expect(ticks).toMatchObject({ missed: 0 });
    expect(kinds(seen.transitions)).toEqual(['initial']);
    expect(worker.endpoint('shop')?.state.lastResultAtMs).toBeGreaterThan(clock.nowMs() - 200);
    expect(seen.problems).toEqual([]);
  },
);

test.each([
  ['stopped', 12_000, (ms: number) => clock.work(ms)],
  ['suspended', 12_000, (ms: number) => clock.suspend(ms)],
])(
  'a process that was %s for longer than stale_after says so: unknown, since the last result',
  async (_, ms, pause) => {
    const { seen, worker } = workerOf('a', () => success);
    await passUntil(clock, () => seen.checks.length === 10);
    const lastResultAtMs = worker.endpoint('shop')?.state.lastResultAtMs ?? 0;
    pause(ms);
    await passUntil(clock, () => seen.transitions.length === 3);
    expect(kinds(seen.transitions)).toEqual(['initial', 'unknown', 'ok']);
    expect(seen.transitions[1]?.sinceMs).toBe(lastResultAtMs);
    const ticks = worker.endpoint('shop')?.ticks;
    expect(ticks?.missed).toBeGreaterThanOrEqual(118);
    expect(ticks?.due).toBe((ticks?.run ?? 0) + (ticks?.missed ?? 0));
  },
);

test('a pause shorter than stale_after changes no state', async () => {
  const { seen, worker } = workerOf('a', () => success);
  await passUntil(clock, () => seen.checks.length === 10);
  clock.work(8000);
  await clock.advance(2000);
  expect(kinds(seen.transitions)).toEqual(['initial']);
  expect(worker.endpoint('shop')?.ticks.missed).toBeGreaterThanOrEqual(78);
});

test('a check that a pause of the monitor ran out of time in is a missed tick, not a fail', async () => {
  const slow = endpointOf('slow', {
    schedule: { kind: 'interval', everyMs: 1000, failEveryMs: 1000 },
    timeoutMs: 2000,
  });
  const timeout = { ...failure, reason: 'timeout', latencyMs: 3100 } as ProbeResult;
  let paused = false;
  const answer = async (_: Endpoint, signal: AbortSignal): Promise<ProbeResult> => {
    await clock.sleep(500, signal);
    return paused || signal.aborted ? timeout : success;
  };
  const { seen, worker } = workerOf('a', answer, { endpoints: [slow] });
  await passUntil(clock, () => seen.results.length === 3);
  await passUntil(clock, () => seen.checks.length > seen.results.length);
  const { missed } = worker.endpoint('slow')?.ticks ?? { missed: 0 };
  paused = true;
  clock.work(3000);
  await clock.advance(100);
  paused = false;
  await clock.advance(3000);
  expect(kinds(seen.transitions)).toEqual(['initial']);
  expect(worker.endpoint('slow')?.ticks.missed).toBeGreaterThan(missed + 2);
});

test('a streak of before a crash goes on only where no result can have come after it', async () => {
  const patient = endpointOf('shop', {}, { failureThreshold: 3, staleAfterMs: 60_000 });
  let isDead = false;
  let isUp = true;
  const first = workerOf('a', () => (isUp ? success : failure), {
    endpoints: [patient],
    database: awayWhile(() => isDead),
  });
  await passUntil(clock, () => first.seen.checks.length > 5);
  await createRuleStore(db).checkpoint({ jobset: JOBSET, epoch: 1 }, countersWithStreak(2), never);
  // Two failures are in the checkpoint; successes came after them, and then it died.
  await clock.advance(4000);
  isDead = true;
  first.stop();
  isUp = false;
  const second = workerOf('b', () => failure, { endpoints: [patient] });
  await passUntil(clock, () => second.seen.results.length === 2, 50);
  expect(kinds(second.seen.transitions)).not.toContain('fail');
  await passUntil(clock, () => kinds(second.seen.transitions).includes('fail'));
  expect(second.seen.results.length).toBeGreaterThanOrEqual(3);
});

test('a store that hangs stops no check either', async () => {
  let isHanging = false;
  const hanging: Database = {
    ...db,
    client: Object.create(db.client, {
      send: {
        value: (...call: Parameters<Database['client']['send']>) => {
          if (!isHanging) return db.client.send(...call);
          const signal = (call[1] as { readonly abortSignal?: AbortSignal } | undefined)?.abortSignal;
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        },
      },
    }),
  };
  const { seen } = workerOf('a', () => success, { database: hanging });
  await passUntil(clock, () => seen.transitions.length === 1);
  isHanging = true;
  const before = seen.checks.length;
  await clock.advance(30_000);
  expect(seen.checks.length - before).toBeGreaterThanOrEqual(299);
});

test('a rule that another has written makes the worker look at its lease at once', async () => {
  let isUp = true;
  const { seen } = workerOf('a', () => (isUp ? success : failure));
  await passUntil(clock, () => seen.transitions.length === 1);
  const { lease } = await createLeaseStore(db).acquire(
    { jobset: JOBSET, owner: 'a', configHash: 'c', deadlineAtMs: null, ttlMs: 60_000 },
    clock.nowMs(),
    never,
  );
  await saveAsAnother(lease.epoch, seen.transitions[0] as Transition);
  isUp = false;
  const writtenAtMs = clock.nowMs();
  await passUntil(clock, () => seen.problems.includes(LOST));
  expect(clock.nowMs() - writtenAtMs).toBeLessThan(1000);
});

test('who watches tells the store at leisure that the history has a transition', async () => {
  const { seen } = workerOf('a', () => success);
  await passUntil(clock, () => seen.transitions.length === 1);
  await clock.advance(2000);
  await passUntil(clock, () => seen.checks.length > 40);
  expect((await saved())?.pending).toHaveLength(1);
  await passUntil(clock, async () => (await saved())?.pending.length === 0, 100);
});

/** Calls `then` before each reading of a checkpoint: the states are being loaded. */
const beforeLoading = (then: () => void): Database => ({
  ...db,
  client: Object.create(db.client, {
    send: {
      value: async (...call: Parameters<Database['client']['send']>) => {
        const { Key } = call[0].input as { readonly Key?: { readonly sk?: { readonly S?: string } } };
        if (call[0].constructor.name === 'GetItemCommand' && Key?.sk?.S === 'checkpoint') then();
        return db.client.send(...call);
      },
    },
  }),
});

test('states that cannot be loaded are loaded again', async () => {
  let failures = 2;
  const database = beforeLoading(() => {
    if (failures-- > 0) throw new Error('connection refused');
  });
  const { seen } = workerOf('a', () => success, { database });
  await passUntil(clock, () => seen.begun === 1);
  expect(seen.problems).toContain('the states cannot be loaded: connection refused');
});

test('a config that changes while the states are loaded takes force', async () => {
  const added = endpointOf('added');
  let change = () => {};
  const { worker, seen } = workerOf('a', () => success, { database: beforeLoading(() => change()) });
  change = () => {
    change = () => {};
    void worker.update({ endpoints: [shop, added], targets: [ops] });
  };
  await passUntil(clock, () => seen.checked.includes('added'));
});
