import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import type { Ended, Monitor } from '../harness/monitor.ts';
import { descendantsOf, end, type Known, leftOf } from '../harness/processes.ts';
import { seeded } from '../harness/random.ts';
import { settle } from '../harness/settle.ts';
import { holdsWithin } from '../harness/wait.ts';
import { openWorld, type World } from '../harness/world.ts';
import { eachArrives } from '../judge/deliveries.ts';
import { ticksAddUp } from '../judge/ticks.ts';
import { eachFollows } from '../judge/transitions.ts';
import { neverIs, statesAreTrue, unknownIsTrue } from '../judge/truth.ts';
import { fact, noneOf, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt', 'flaky', 'slow', 'limit', 'close'];
const STALE_MS = 6000;

const filesOf = (world: World) => ({
  ...targets(world, ...TARGETS),
  ...many(world, 20, 'flap', { interval: '100ms', targets: TARGETS }),
  ...many(
    world,
    10,
    'flap',
    { interval: '250ms', failure_threshold: 2, success_threshold: 2, targets: TARGETS },
    'calm',
  ),
  ...many(world, 10, 'up', { interval: '200ms', stale_after: `${STALE_MS}ms`, targets: TARGETS }),
  ...many(world, 3, 'down', { interval: '200ms', remind_every: '7s', targets: TARGETS }),
  ...many(world, 10, 'FFO', { interval: '100ms', failure_threshold: 3, targets: TARGETS }),
  program: { scheme: 'exec', test_shell: 'exit 0', interval: '500ms', targets: TARGETS },
});

/** Most lives are long enough to be in the midst of something, some end while they begin. */
const lifeMs = (random: () => number, longestMs: number): number =>
  random() < 0.2 ? 50 + random() * 1000 : 1000 + random() * longestMs;

const restMs = (random: () => number): number => {
  const chance = random();
  if (chance < 0.6) return 0;
  return chance < 0.9 ? random() * 1500 : STALE_MS + 2000 + random() * 2000;
};

const LEAVES_WITHIN_MS = 7000;

/** One life, killed at a random instant: what it left behind is seen later. */
const killed = async (
  monitor: Monitor,
  forMs: number,
): Promise<{ readonly ended: Ended; readonly below: readonly Known[] }> => {
  await Promise.race([sleep(forMs), monitor.ended]);
  const below = descendantsOf(monitor.pid);
  monitor.signal('SIGKILL');
  return { ended: await monitor.ended, below };
};

/** With workers, most lives also lose one of them on the way, which the first process replaces. */
const loseWorker = (monitor: Monitor, random: () => number): void => {
  const workers = descendantsOf(monitor.pid).filter(
    ({ parent, command }) => parent === monitor.pid && command.includes('worker'),
  );
  const victim = workers[Math.floor(random() * workers.length)];
  if (victim) end(victim.pid);
};

const stale = (endpoint: string): number => (endpoint.startsWith('up') ? STALE_MS : 10_000);

export const kill = (workers: number): Scenario => ({
  promise: `no transition is lost or made twice by kill -9${workers > 1 ? `, of all or of one of ${workers} workers` : ''}`,
  leastMs: 5000,
  mostMs: 600_000,
  run: async ({ forMs, seed, progress, signal }) => {
    const random = seeded(seed);
    await using world = await openWorld(seed);
    world.write('endpoints.yml', filesOf(world));
    const died: string[] = [];
    const left: Known[] = [];
    let kills = 0;
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs && !signal.aborted; ) {
      const monitor = world.start({ workers });
      const forNowMs = lifeMs(random, Math.min(6000, forMs / 3));
      if (workers > 1) setTimeout(() => loseWorker(monitor, random), forNowMs / 2).unref();
      const { ended, below } = await killed(monitor, forNowMs);
      kills++;
      if (ended !== 'SIGKILL')
        died.push(`life ${kills} ended by itself with ${ended}: ${monitor.said().slice(0, 200)}`);
      left.push(...below);
      await sleep(restMs(random));
      if (kills % 10 === 0) progress(`kill: ${kills} kills`);
    }
    const monitor = await world.start({ workers }).started();
    const evidence = await settle(world, monitor, TARGETS);
    const areGone = await holdsWithin(LEAVES_WITHIN_MS, () => leftOf(left).length === 0);
    return [
      eachFollows(evidence),
      ...eachArrives(evidence, TARGETS),
      statesAreTrue(evidence),
      neverIs(evidence, 'fail', /^(up|program)/, 'what is up never fails'),
      neverIs(evidence, 'fail', /^ffo/, 'two failures are never three'),
      ...unknownIsTrue(evidence, stale),
      ticksAddUp(evidence),
      noneOf('no life ends by itself', died, `${kills} kills`),
      fact(
        'nothing runs on',
        areGone,
        `${left.length} processes of dead monitors, ${leftOf(left).length} left`,
      ),
    ];
  },
});
