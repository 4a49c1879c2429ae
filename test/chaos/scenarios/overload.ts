import { setTimeout as sleep } from 'node:timers/promises';
import { busyLoops } from '../harness/busy-loops.ts';
import { many } from '../harness/endpoints.ts';
import type { Monitor } from '../harness/monitor.ts';
import { historyOf } from '../harness/settle.ts';
import { openWorld, type World } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import type { TicksOf } from '../judge/evidence.ts';
import { ticksAddUp } from '../judge/ticks.ts';
import { neverIs } from '../judge/truth.ts';
import { type Context, type Fact, fact, type Scenario } from '../scenario.ts';

const LOOPS = 20;
const INTERVAL_MS = 1000;
const WARM_MS = 1500;
/** Twenty loops leave a thread a tenth of a core, in turns of some 100 ms. */
const MOST_STILL_MS = 5000;
const LOOK_EVERY_MS = 1000;
const ENDS_WITHIN_MS = 10_000;
const ANSWERS_WITHIN_MS = 60_000;
/** What is asked and what is answered are read a moment apart, and so is the time. */
const APART_RATIO = 0.15;

type Sums = { readonly atMs: number; readonly due: number; readonly run: number; readonly answered: number };

const endpointsOf = async (monitor: Monitor): Promise<readonly TicksOf[]> =>
  (await monitor.get<{ readonly endpoints: readonly TicksOf[] }>('/api/endpoints', ANSWERS_WITHIN_MS))
    .endpoints;

const sumsOf = async (world: World, monitor: Monitor): Promise<Sums> => {
  const endpoints = await endpointsOf(monitor);
  const sum = (of: 'due' | 'run'): number => endpoints.reduce((total, { ticks }) => total + ticks[of], 0);
  const { total: answered } = await world.outside.tell('answered', null);
  return { atMs: performance.now(), due: sum('due'), run: sum('run'), answered };
};

/** How long nothing at all was answered, at most, while the machine has other work. */
const longestStill = async (world: World, forMs: number): Promise<number> => {
  let last = { atMs: performance.now(), total: (await world.outside.tell('answered', null)).total };
  let longestMs = 0;
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs; ) {
    await sleep(LOOK_EVERY_MS);
    const { total } = await world.outside.tell('answered', null);
    const atMs = performance.now();
    if (total > last.total) last = { atMs, total };
    longestMs = Math.max(longestMs, atMs - last.atMs);
  }
  return longestMs;
};

const overloaded = async (count: number, { forMs, seed }: Context): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', many(world, count, 'up', { interval: `${INTERVAL_MS}ms` }));
  const monitor = await world.start().started();
  await sleep(WARM_MS);
  const before = await sumsOf(world, monitor);
  const stillMs = await (async () => {
    using _ = busyLoops(LOOPS);
    return await longestStill(world, forMs);
  })();
  const after = await sumsOf(world, monitor);
  const endpoints = await endpointsOf(monitor);
  const history = await historyOf(monitor);
  const { missed_ticks: told } = await monitor.health();
  const pauses = await world.outside.tell('pauses', null);
  const fromMs = performance.now();
  monitor.signal('SIGTERM');
  const ended = await monitor.ended;
  const endedAfterMs = Math.round(performance.now() - fromMs);

  const byTheClock = Math.round(((after.atMs - before.atMs) / INTERVAL_MS) * count);
  const [due, run, answered] = (['due', 'run', 'answered'] as const).map(of => after[of] - before[of]) as [
    number,
    number,
    number,
  ];
  const isNear = (one: number, other: number): boolean =>
    Math.abs(one - other) <= APART_RATIO * byTheClock + 2 * count;
  return [
    fact(
      'checks never stop',
      stillMs < MOST_STILL_MS,
      `never ${Math.ceil((stillMs + 1) / LOOK_EVERY_MS)} s without an answer`,
    ),
    neverIs({ history, pauses }, 'fail', /^up/, 'no service fails for it'),
    fact('all that came due is counted', isNear(due, byTheClock), `${due} of ${byTheClock} by the clock`),
    fact('what counts as run was answered', run <= answered + 2 * count, `${run} run, ${answered} answered`),
    fact('what was missed is told', isNear(told, after.due - after.run), `${told} missed in /health`),
    ticksAddUp({ endpoints }),
    fact(
      'it ends when asked',
      ended === 0 && endedAfterMs < ENDS_WITHIN_MS,
      `${ended} after ${endedAfterMs} ms`,
    ),
  ];
};

const SIZES = [100, 1000, 10_000];
const LONG_MS = 10_000;

export const overload: Scenario = {
  promise: `a machine with ${LOOPS} busy loops beside the monitor makes it late, never still, and never wrong`,
  leastMs: 3000,
  mostMs: 60_000,
  run: context => {
    const sizes = SIZES.slice(0, context.forMs < LONG_MS ? 1 : SIZES.length);
    const cases = sizes.map(size => [size.toLocaleString('en-US'), () => overloaded(size, context)] as const);
    return inEach(cases, 1);
  },
};
