import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import type { ProbeResult } from '../../../lib/domain/result.ts';
import { newRuleState, type RuleState } from '../../../lib/domain/transition.ts';
import { createCheckLoop } from '../../../lib/engine/checks/check-loop.ts';
import type { CheckReport } from '../../../lib/engine/events/observer.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { applyResult } from '../../../lib/rule/apply.ts';
import { dueCount, gridOf, nextDueMs } from '../../../lib/schedule/grid.ts';
import { endpointOf, failure, success } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { probeOf } from '../../support/promised.ts';

type Answer = (endpoint: Endpoint, clock: ManualClock, signal: AbortSignal) => Promise<ProbeResult>;

const answerAfter =
  (ms: number, result: ProbeResult = success): Answer =>
  async (_, clock, signal) => {
    await clock.sleep(ms, signal);
    return result;
  };

/** A loop whose probe answers as told, over the real rule and timers, in time that passes by hand. */
const loopOf = (endpoints: readonly Endpoint[], answer: Answer, maxInFlight = 100) => {
  const clock = manualClock();
  const startMs = clock.nowMs();
  const timers = createTimers(createSteadyClock(clock), () => {});
  const checks: CheckReport[] = [];
  const prepared: Endpoint[] = [];
  const prepare = probeOf((endpoint, signal) => answer(endpoint, clock, signal));
  const states = new Map<string, RuleState>();
  const stateOf = ({ id }: Endpoint): RuleState => states.get(id) ?? newRuleState;
  const loop = createCheckLoop({
    clock,
    timers,
    maxInFlight,
    probe: (endpoint, done) => {
      prepared.push(endpoint);
      return prepare(endpoint, done);
    },
    onCheck: check => checks.push(check),
    unsaved: () => 0,
    ruleOf: endpoint => (result, _, nowMs) => {
      const { state } = applyResult(endpoint.rule, stateOf(endpoint), result, nowMs, nowMs, {
        whySuppressed: () => null,
        incarnation: null,
      });
      states.set(endpoint.id, state);
      return state;
    },
  });
  for (const endpoint of endpoints) loop.watch(endpoint, stateOf(endpoint), null);
  const ticks = (endpoint: Endpoint) => {
    const status = loop.status(endpoint.id);
    if (!status) throw new Error('not watched');
    return status.ticks;
  };
  return { clock, startMs, loop, checks, prepared, stateOf, ticks };
};

const every = (everyMs: number, failEveryMs = everyMs): Pick<Endpoint, 'schedule'> => ({
  schedule: { kind: 'interval', everyMs, failEveryMs },
});

test('checks run on the grid, one an interval', async () => {
  const shop = endpointOf('shop', every(250));
  const { clock, startMs, checks, ticks } = loopOf([shop], answerAfter(10));
  await clock.advance(10_000);
  expect(ticks(shop)).toEqual({ due: 40, run: 40, late: 0, missed: 0 });
  const first = nextDueMs(gridOf(shop, false), startMs);
  checks.forEach((check, index) => {
    expect(check.atMs).toBeCloseTo(first + index * 250, 0);
  });
});

test('the endpoints that had a check are counted, as long as they are watched', async () => {
  const [shop, bank] = [endpointOf('shop', every(250)), endpointOf('bank', every(250))];
  const { clock, loop } = loopOf([shop, bank], answerAfter(10));
  expect(loop.read().begun).toBe(0);
  await clock.advance(1000);
  expect(loop.read().begun).toBe(2);
  loop.unwatch(bank.id);
  await clock.advance(1000);
  expect(loop.read().begun).toBe(1);
});

test('a tick that comes due while a check is in flight is missed, not queued', async () => {
  const slow = endpointOf('slow', every(100));
  const { clock, checks, ticks } = loopOf([slow], answerAfter(250));
  await clock.advance(3000);
  const { due, run, missed } = ticks(slow);
  expect(due).toBe(30);
  expect(run).toBe(10);
  expect(missed).toBe(20);
  for (const [index, check] of checks.entries())
    if (index > 0) expect(check.atMs - (checks[index - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(299);
});

test('due = run + missed, whatever the probes and the loop do', async () => {
  const scenario = fc.record({
    everyMs: fc.integer({ min: 5, max: 300 }),
    failEveryMs: fc.integer({ min: 5, max: 300 }),
    latenciesMs: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 }),
    outcomes: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
    stallsMs: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
    maxInFlight: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(
      scenario,
      async ({ everyMs, failEveryMs, latenciesMs, outcomes, stallsMs, maxInFlight, count }) => {
        const endpoints = Array.from({ length: count }, (_, n) =>
          endpointOf(`endpoint-${n}`, { ...every(everyMs, failEveryMs), timeoutMs: 200 }),
        );
        let asked = 0;
        const { clock, loop, ticks } = loopOf(
          endpoints,
          (endpoint, clockOfTest, signal) => {
            const ok = outcomes[asked % outcomes.length];
            const latencyMs = latenciesMs[asked++ % latenciesMs.length] as number;
            const result = ok
              ? success
              : { ...success, ok: false as const, reason: 'status' as const, error: 'no' };
            return answerAfter(latencyMs, result)(endpoint, clockOfTest, signal);
          },
          maxInFlight,
        );
        for (const stallMs of stallsMs) await clock.advance(stallMs);
        const drained = loop.drain(0);
        await clock.advance(0);
        await drained;
        for (const endpoint of endpoints) {
          const { due, run, missed } = ticks(endpoint);
          expect(due).toBe(run + missed);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('each due instant since the start is counted exactly once', async () => {
  const shop = endpointOf('shop', every(40));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
      async latenciesMs => {
        let asked = 0;
        const { clock, startMs, ticks } = loopOf([shop], (...given) =>
          answerAfter(latenciesMs[asked++ % latenciesMs.length] as number)(...given),
        );
        await clock.advance(2000);
        expect(ticks(shop).due).toBe(dueCount(gridOf(shop, false), startMs, clock.nowMs()));
      },
    ),
    { numRuns: 40 },
  );
});

test('a due instant whose check never got its place is counted, and missed', async () => {
  const endpoints = ['a', 'b'].map(id => endpointOf(id, { ...every(1000), timeoutMs: 60_000 }));
  const { clock, startMs, loop, ticks } = loopOf(endpoints, answerAfter(60_000), 1);
  await clock.advance(3000);
  void loop.drain(0);
  for (const endpoint of endpoints)
    expect(ticks(endpoint).due).toBe(dueCount(gridOf(endpoint, false), startMs, clock.nowMs()));
  expect(endpoints.map(endpoint => ticks(endpoint).run).toSorted()).toEqual([0, 1]);
});

test('after a stall of the process the last instant runs, and those before it are missed and counted', async () => {
  const shop = endpointOf('shop', every(100));
  const { clock, ticks, loop } = loopOf([shop], answerAfter(1));
  await clock.advance(1000);
  const before = ticks(shop);
  clock.work(1000);
  await clock.advance(100);
  const after = ticks(shop);
  expect(after.due - before.due).toBe(11);
  expect(after.missed - before.missed).toBeGreaterThanOrEqual(9);
  expect(loop.read().behind).toBe(after.missed);
});

test('a check waits for its place when too many are in flight, and its waiting is lateness', async () => {
  const endpoints = ['a', 'b', 'c'].map(id => endpointOf(id, every(1000)));
  const { clock, checks } = loopOf(endpoints, answerAfter(900), 1);
  await clock.advance(2500);
  expect(checks.length).toBeGreaterThan(0);
  expect(Math.max(...checks.map(check => check.lateMs))).toBeGreaterThan(100);
});

test('a check past its limit is aborted, and what it then says is its result', async () => {
  const stuck = endpointOf('stuck', { ...every(1000), timeoutMs: 300 });
  const { clock, checks } = loopOf([stuck], async (_, clockOfTest, signal) => {
    await clockOfTest.sleep(10 ** 9, signal);
    return { ...success, ok: false, reason: 'timeout', error: 'no answer within 300ms', latencyMs: 300 };
  });
  await clock.advance(1500);
  expect(checks[0]?.result.reason).toBe('timeout');
});

test('an answer that is there in time is not lost to a limit that is over before it is read', async () => {
  const endpoints = Array.from({ length: 20 }, (_, n) =>
    endpointOf(`endpoint-${n}`, { ...every(60_000), timeoutMs: 10_000 }),
  );
  const answers: (() => void)[] = [];
  const { clock, checks } = loopOf(
    endpoints,
    (_, __, signal) =>
      new Promise(resolve => {
        answers.push(() => resolve(signal.aborted ? failure : success));
      }),
  );
  await clock.advance(6000);
  expect(answers).toHaveLength(20);
  // So long the process is busy, and then all answers are read.
  clock.work(20_000);
  for (const answer of answers) {
    answer();
    for (let n = 0; n < 10; n++) await Promise.resolve();
  }
  expect(checks.length).toBeGreaterThanOrEqual(20);
  expect(checks.filter(({ result }) => !result.ok)).toEqual([]);
});

test('each check has its whole time, though one before it was begun within the same', async () => {
  const shop = endpointOf('shop', { ...every(1000), timeoutMs: 2500 });
  let answered = 0;
  const endedAfterMs: number[] = [];
  const { clock } = loopOf([shop], async (endpoint, clockOfTest, signal) => {
    if (answered++ < 2) return answerAfter(10)(endpoint, clockOfTest, signal);
    const startedAtMs = clockOfTest.nowMs();
    await clockOfTest.sleep(10 ** 9, signal);
    endedAfterMs.push(Math.round(clockOfTest.nowMs() - startedAtMs));
    return success;
  });
  await clock.advance(10_000);
  expect(endedAfterMs).toEqual([2500, 2500]);
});

test('what a check needs is prepared once, and for each check anew where they are seldom', async () => {
  const often = loopOf([endpointOf('often', every(20_000))], answerAfter(10));
  await often.clock.advance(300_000);
  expect(often.checks.length).toBeGreaterThan(10);
  expect(often.prepared).toHaveLength(1);
  const seldom = loopOf([endpointOf('seldom', every(30_000))], answerAfter(10));
  await seldom.clock.advance(300_000);
  expect(seldom.checks.length).toBeGreaterThan(9);
  expect(seldom.prepared).toHaveLength(seldom.checks.length);
});

test('each of the seldom checks is aborted past its limit', async () => {
  const aborted: boolean[] = [];
  const stuck = endpointOf('stuck', { ...every(60_000), timeoutMs: 200 });
  const { clock, checks } = loopOf([stuck], async (_, clockOfTest, signal) => {
    await clockOfTest.sleep(5000, signal);
    aborted.push(signal.aborted);
    return success;
  });
  await clock.advance(300_000);
  expect(checks.length).toBeGreaterThan(4);
  expect(aborted).toEqual(checks.map(() => true));
});

test('a probe that breaks its contract and throws does not stop the loop', async () => {
  const [broken, fine] = [endpointOf('broken'), endpointOf('fine')];
  const { clock, stateOf, ticks } = loopOf([broken, fine], endpoint => {
    if (endpoint.id === 'broken') throw new Error('oops');
    return Promise.resolve(success);
  });
  await clock.advance(1000);
  expect(stateOf(broken)).toMatchObject({ state: 'fail' });
  expect(stateOf(fine)).toMatchObject({ state: 'ok', runs: 10 });
  expect(ticks(broken).run).toBe(10);
});

test('while failing, checks come every interval_fail, and every interval again after the recovery', async () => {
  const shop = endpointOf('shop', every(100, 1000));
  let ok = false;
  const { clock, checks } = loopOf([shop], async (...given) =>
    answerAfter(1, ok ? success : { ...success, ok: false, reason: 'status', error: 'no' })(...given),
  );
  await clock.advance(5000);
  expect(checks.length).toBeGreaterThanOrEqual(5);
  expect(checks.length).toBeLessThanOrEqual(7);
  ok = true;
  const failing = checks.length;
  await clock.advance(3000);
  expect(checks.length - failing).toBeGreaterThan(15);
});

test('start_delay holds the first check back', async () => {
  const shop = endpointOf('shop', { ...every(100), startDelayMs: 3000 });
  const { clock, checks, startMs } = loopOf([shop], answerAfter(1));
  await clock.advance(4000);
  expect(checks[0]?.atMs).toBeGreaterThanOrEqual(startMs + 3000);
  expect(checks[0]?.atMs).toBeLessThanOrEqual(startMs + 3101);
});

test('an endpoint with a long interval gets its first check within five seconds, and then keeps to its grid', async () => {
  const daily = endpointOf('daily', every(86_400_000));
  const { clock, checks, startMs } = loopOf([daily], answerAfter(1));
  await clock.advance(5000);
  expect(checks).toHaveLength(1);
  await clock.advance(86_400_000);
  expect(checks).toHaveLength(2);
  expect(checks[1]?.atMs).toBeCloseTo(nextDueMs(gridOf(daily, false), startMs), 0);
});

test('runs: 3 stops after three checks', async () => {
  const shop = endpointOf('shop', { ...every(100), runs: 3 });
  const { clock, checks, ticks } = loopOf([shop], answerAfter(1));
  await clock.advance(2000);
  expect(checks).toHaveLength(3);
  expect(ticks(shop)).toMatchObject({ due: 3, run: 3 });
});

test('a disabled endpoint is never checked', async () => {
  const off = endpointOf('off', { status: 'disabled' });
  const { clock, checks, ticks } = loopOf([off], answerAfter(1));
  await clock.advance(2000);
  expect(checks).toEqual([]);
  expect(ticks(off).due).toBe(0);
});

test.each([
  ['always-fail', 'fail'],
  ['always-success', 'ok'],
] as const)('%s is %s without a check', async (status, state) => {
  const forced = endpointOf('forced', { status });
  let probed = 0;
  const { clock, stateOf, ticks } = loopOf([forced], async () => {
    probed++;
    return success;
  });
  await clock.advance(1000);
  expect(probed).toBe(0);
  expect(stateOf(forced).state).toBe(state);
  expect(ticks(forced).run).toBe(10);
});

test('an endpoint that is no longer watched is left alone, even by the check in flight', async () => {
  const shop = endpointOf('shop');
  const { clock, loop, stateOf } = loopOf([shop], answerAfter(50));
  const first = nextDueMs(gridOf(shop, false), clock.nowMs()) - clock.nowMs();
  await clock.advance(first + 10);
  loop.unwatch(shop.id);
  await clock.advance(1000);
  expect(stateOf(shop).runs).toBe(0);
});

test('what the old definition still answers is not applied to the new one', async () => {
  const shop = endpointOf('shop', every(100));
  const { clock, loop, checks, stateOf } = loopOf([shop], answerAfter(50));
  await clock.advance(nextDueMs(gridOf(shop, false), clock.nowMs()) - clock.nowMs() + 10);
  loop.watch(endpointOf('shop', every(10_000)), stateOf(shop), null);
  await clock.advance(45);
  expect(checks.length).toBe(1);
  expect(stateOf(shop).runs).toBe(0);
});

test('a new definition takes force without losing the ticks counted so far', async () => {
  const shop = endpointOf('shop', every(100));
  const { clock, loop, ticks, stateOf } = loopOf([shop], answerAfter(1));
  await clock.advance(1000);
  loop.watch(endpointOf('shop', every(500)), stateOf(shop), null);
  await clock.advance(5000);
  expect(ticks(shop).run).toBe(20);
});

test('drain lets what is in flight finish and starts nothing more', async () => {
  const shop = endpointOf('shop');
  const { clock, loop, checks, stateOf } = loopOf([shop], answerAfter(50));
  await clock.advance(120);
  const before = checks.length;
  const drained = loop.drain(2000);
  await clock.advance(1000);
  await drained;
  expect(checks.length - before).toBeLessThanOrEqual(1);
  expect(stateOf(shop).runs).toBe(checks.length);
});

test('after stop, a result that still comes is not applied', async () => {
  const shop = endpointOf('shop');
  const { clock, loop, checks } = loopOf([shop], answerAfter(50));
  await clock.advance(nextDueMs(gridOf(shop, false), clock.nowMs()) - clock.nowMs() + 10);
  loop.stop();
  await clock.advance(1000);
  expect(checks).toEqual([]);
});
