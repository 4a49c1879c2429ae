import { expect, test } from '@jest/globals';
import type { ProbeResult } from '../../../lib/domain/result.ts';
import { newRuleState } from '../../../lib/domain/transition.ts';
import { createCheckLoop } from '../../../lib/engine/checks/check-loop.ts';
import { createScalingLimit, type ScalingLimit } from '../../../lib/engine/measures/scaling-limit.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { endpointOf, success } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { probeOf } from '../../support/promised.ts';

const ENDPOINTS = 100;

type Check = (clock: ManualClock, signal: AbortSignal) => ProbeResult | Promise<ProbeResult>;

/** A hundred endpoints, each due once a second, and what is told of the loop each second. */
const loopOf = (check: () => Check, maxInFlight = 1000) => {
  const clock = manualClock();
  const loop = createCheckLoop({
    clock,
    timers: createTimers(createSteadyClock(clock), () => {}),
    maxInFlight,
    probe: probeOf(async (_, signal) => check()(clock, signal)),
    onCheck: () => {},
    unsaved: () => 0,
    ruleOf: () => () => ({ ...newRuleState, lastResultAtMs: clock.nowMs() }),
  });
  const schedule = { kind: 'interval', everyMs: 1000, failEveryMs: 1000 } as const;
  for (let n = 0; n < ENDPOINTS; n++) {
    const endpoint = endpointOf(`endpoint-${n}`, { schedule, timeoutMs: 60_000 });
    loop.watch(endpoint, { ...newRuleState, lastResultAtMs: clock.nowMs() }, null);
  }
  const limit = createScalingLimit();
  return {
    clock,
    loop,
    run: async (seconds: number): Promise<readonly ScalingLimit[]> => {
      const told: ScalingLimit[] = [];
      for (const untilMs = clock.nowMs() + seconds * 1000; clock.nowMs() < untilMs; ) {
        await clock.advance(1000);
        told.push(limit({ ...loop.read(), endpoints: ENDPOINTS }, clock.nowMs()));
      }
      return told;
    },
  };
};

const takes =
  (ms: number): Check =>
  clock => {
    clock.work(ms);
    return success;
  };
const answersAfter =
  (ms: number): Check =>
  async (clock, signal) => {
    await clock.sleep(ms, signal);
    return success;
  };

const changes = (told: readonly ScalingLimit[]): number =>
  told.filter(({ hit }, at) => hit !== (told[at - 1]?.hit ?? false)).length;

test('a loop that is given more than it can do says how many endpoints fit', async () => {
  const { loop, run } = loopOf(() => takes(16));
  const told = await run(30);
  const last = told.at(-1);
  expect(last?.hit).toBe(true);
  // 1,000 ms / 16 ms
  expect(last?.endpointsFit).toBeGreaterThanOrEqual(58);
  expect(last?.endpointsFit).toBeLessThanOrEqual(66);
  const { ran, behind } = loop.read();
  expect(ran + behind).toBeGreaterThan(9 * ENDPOINTS);
});

test('a loop that keeps up says that all fit', async () => {
  const { run } = loopOf(() => takes(5));
  expect(await run(20)).toContainEqual({ hit: false, endpointsFit: ENDPOINTS });
  expect(changes(await run(20))).toBe(0);
});

test('a load that comes and goes at the limit is told once, and its end once', async () => {
  let seconds = 0;
  const { clock, run } = loopOf(() => (Math.floor(seconds / 15) % 2 === 0 ? takes(14) : takes(4)));
  const startMs = clock.nowMs();
  const told: ScalingLimit[] = [];
  for (; seconds < 150; seconds = (clock.nowMs() - startMs) / 1000) told.push(...(await run(1)));
  expect(changes(told)).toBe(1);
  seconds = 15;
  const calm = await run(60);
  expect(calm[0]?.hit).toBe(true);
  expect(calm.at(-1)).toEqual({ hit: false, endpointsFit: ENDPOINTS });
  expect(changes([...told, ...calm])).toBe(2);
}, 30_000);

test('endpoints that take longer than their interval miss ticks, and the loop is not behind', async () => {
  const { loop, run } = loopOf(() => answersAfter(2500));
  expect(changes(await run(30))).toBe(0);
  expect(loop.read()).toMatchObject({ behind: 0 });
  expect(loop.read().missedTicks).toBeGreaterThan(10 * ENDPOINTS);
});

test('ticks missed because all places are taken count', async () => {
  const { run } = loopOf(() => answersAfter(500), 10);
  // 10 places of 500 ms: 20 checks a second.
  const last = (await run(30)).at(-1);
  expect(last?.hit).toBe(true);
  expect(last?.endpointsFit).toBeGreaterThanOrEqual(16);
  expect(last?.endpointsFit).toBeLessThanOrEqual(25);
});

test('a machine that was suspended did not hit its limit', async () => {
  const { clock, loop, run } = loopOf(() => takes(1));
  await run(5);
  clock.work(3_600_000);
  expect(changes(await run(30))).toBe(0);
  expect(loop.read().missedTicks).toBeGreaterThan(3000 * ENDPOINTS);
});
