import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { manyFiles } from '../../bench/harness/many-files.ts';
import type { Health } from '../harness/monitor.ts';
import { historyOf } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import type { TicksOf } from '../judge/evidence.ts';
import { ticksAddUp } from '../judge/ticks.ts';
import { neverIs } from '../judge/truth.ts';
import { type Context, type Fact, fact, noneOf, type Scenario } from '../scenario.ts';

const LOOPS = 20;
const INTERVAL_MS = 1000;
const WARM_MS = 1500;
/** Twenty loops leave a thread a tenth of a core, in turns of some 100 ms. */
const MOST_STILL_MS = 5000;
const LOOK_EVERY_MS = 1000;
const ENDS_WITHIN_MS = 10_000;

const busyLoops = (): readonly ChildProcess[] =>
  Array.from({ length: LOOPS }, () => spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));

/** How many in a row it holds for, at most. */
const longestRun = <T>(all: readonly T[], holds: (one: T) => boolean): number => {
  let now = 0;
  return all.reduce((longest, one) => {
    now = holds(one) ? now + 1 : 0;
    return Math.max(longest, now);
  }, 0);
};

type Seen = { readonly ratePerSecond: number; readonly health: Health | null };

const overloaded = async (count: number, { forMs, seed, progress }: Context): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  const files = manyFiles(
    `  scheme: http\n  interval: ${INTERVAL_MS}ms`,
    count,
    at => `up${at}: { url: "${world.service('up', `up${at}`)}" }`,
  );
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(world.folder, 'endpoints', name), text);
  const monitor = await world.start().started();
  await sleep(WARM_MS);
  const loops = busyLoops();
  const seen: Seen[] = [];
  try {
    let { total } = await world.outside.tell('answered', null);
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs; ) {
      const fromMs = performance.now();
      await sleep(LOOK_EVERY_MS);
      const answered = await world.outside.tell('answered', null);
      const health = await monitor.health(2000).catch(() => null);
      seen.push({ ratePerSecond: ((answered.total - total) / (performance.now() - fromMs)) * 1000, health });
      total = answered.total;
    }
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
  progress(
    `overload ${count}: ${seen.map(({ ratePerSecond }) => Math.round(ratePerSecond)).join(' ')} checks a second`,
  );
  await sleep(WARM_MS);
  const { endpoints } = await monitor.get<{ readonly endpoints: readonly TicksOf[] }>('/api/endpoints');
  const history = await historyOf(monitor);
  const answered = (await world.outside.tell('answered', null)).total;
  const fromMs = performance.now();
  monitor.signal('SIGTERM');
  const ended = await monitor.ended;
  const endedAfterMs = performance.now() - fromMs;

  const rates = seen.map(({ ratePerSecond }) => ratePerSecond);
  const stillMs = longestRun(rates, rate => rate === 0) * LOOK_EVERY_MS;
  const run = endpoints.reduce((sum, { ticks }) => sum + ticks.run, 0);
  const due = endpoints.reduce((sum, { ticks }) => sum + ticks.due, 0);
  const missed = due - run;
  const unknown = history.filter(({ state }) => state === 'unknown').length;
  const told = seen.filter(
    ({ health }) => health !== null && (health.lateness_ms.max > 20 || health.missed_ticks > 0),
  ).length;
  return [
    fact(
      'checks never stop',
      stillMs < MOST_STILL_MS,
      `${Math.round(rates.reduce((sum, rate) => sum + rate, 0) / rates.length)} a second of ${count}, least ${Math.round(Math.min(...rates))}`,
    ),
    neverIs(
      { history, pauses: await world.outside.tell('pauses', null) },
      'fail',
      /^up/,
      'no service fails for it',
    ),
    fact(
      'what ran is what was asked',
      Math.abs(run - answered) <= 0.01 * answered + count,
      `${run} run, ${answered} answered`,
    ),
    ticksAddUp({ endpoints }),
    fact(
      'lateness and missed ticks are told',
      told > 0,
      `${missed} of ${due} missed, ${unknown} times unknown; told in ${told} of ${seen.length} looks`,
    ),
    noneOf(
      'it ends when asked',
      ended === 0 && endedAfterMs < ENDS_WITHIN_MS ? [] : [`${ended} after ${Math.round(endedAfterMs)} ms`],
      `after ${Math.round(endedAfterMs)} ms`,
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
