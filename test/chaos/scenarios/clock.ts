import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wallClock } from '../harness/clock-steps.ts';
import { many, targets } from '../harness/endpoints.ts';
import { settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import { eachArrives } from '../judge/deliveries.ts';
import { checksGoOn } from '../judge/gaps.ts';
import { ticksAddUp } from '../judge/ticks.ts';
import { eachFollows } from '../judge/transitions.ts';
import { neverIs } from '../judge/truth.ts';
import { type Context, type Fact, noneOf, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
/** Most of them stand still or do little. */
const AT_ONCE = 6;
const BEFORE_MS = 2500;
/** A step is no reason to leave out even one check; a busy machine is. */
const MOST_PAUSE_MS = 2000;
const STEPS_MS = [3_600_000, -3_600_000, 1000, -1000, 86_400_000, -86_400_000, -500, 20_000];
const LEAST_STEPS = 2;
const STEP_TAKES_MS = 24_000;
const WORKERS = 4;

const stepBy = async (ms: number, workers: number, { forMs, seed }: Context): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', {
    ...targets(world, ...TARGETS),
    ...many(world, 20, 'up', { interval: '250ms', timeout: '1s', targets: TARGETS }),
    ...many(world, 20, 'slow-120', { interval: '250ms', timeout: '1s', targets: TARGETS }),
    ...many(world, 5, 'down', { interval: '250ms', remind_every: '1m', targets: TARGETS }),
  });
  const clock = wallClock(join(world.folder, 'clock'));
  const monitor = await world.start({ workers, environment: clock.environment }).started();
  await sleep(BEFORE_MS);
  clock.stepTo(ms);
  await sleep(Math.min(forMs, STEP_TAKES_MS));
  const seenUntilMs = Date.now();
  const evidence = await settle(world, monitor, TARGETS);
  const reminders = evidence.history.filter(({ kind }) => kind === 'reminder');
  const unknown = evidence.history.filter(({ state }) => state === 'unknown');
  const negative = evidence.history.filter(one => (one.previous_duration_ms ?? 0) < 0);
  return [
    checksGoOn(evidence.answers, /^(up|slow|down)/, MOST_PAUSE_MS, seenUntilMs),
    neverIs(evidence, 'fail', /^(up|slow)/, 'what is up never fails'),
    neverIs(evidence, 'ok', /^down/, 'what is down is never ok'),
    noneOf(
      'nothing becomes unknown',
      unknown.map(({ id }) => id),
      `by ${clock.means}`,
    ),
    noneOf(
      'no reminder before its time',
      reminders.map(({ id }) => id),
      '1 min',
    ),
    noneOf(
      'no span is negative',
      negative.map(({ id }) => id),
      `${evidence.history.length} transitions`,
    ),
    eachFollows(evidence),
    ...eachArrives(evidence, TARGETS),
    ticksAddUp(evidence),
  ];
};

const named = (ms: number, workers: number): string =>
  `${ms > 0 ? '+' : '−'}${Math.abs(ms) / 1000} s${workers > 1 ? `, ${workers} workers` : ''}`;

export const clock: Scenario = {
  promise: 'a step of the wall clock fails nothing, stops nothing and hides nothing',
  leastMs: 3000,
  mostMs: 4 * STEP_TAKES_MS,
  run: context => {
    const isShort = context.forMs < STEP_TAKES_MS;
    const steps = STEPS_MS.slice(0, isShort ? LEAST_STEPS : STEPS_MS.length);
    const cases = steps.flatMap(ms => (isShort ? [1] : [1, WORKERS]).map(workers => ({ ms, workers })));
    return inEach(
      cases.map(({ ms, workers }) => [named(ms, workers), () => stepBy(ms, workers, context)]),
      AT_ONCE,
    );
  },
};
