import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { watchMemory } from '../harness/memory.ts';
import { settle } from '../harness/settle.ts';
import { openWorld, type World } from '../harness/world.ts';
import type { Evidence } from '../judge/evidence.ts';
import { everyPromise } from '../judge/promises.ts';
import { neverIs } from '../judge/truth.ts';
import type { Scenario } from '../scenario.ts';

const TARGETS = ['prompt', 'slow'];
const FILES = 20;
const UP_A_FILE = 95;
const FLAPPING_A_FILE = 5;
const EDIT_EVERY_MS = 10_000;
const LEAST_EDITS = 6;
const LOOK_EVERY_MS = 1000;
const SETTLED_MS = 180_000;
const MOST_MEMORY_MB = 450;

const keys = { interval: '500ms', targets: TARGETS };

const fileOf = (world: World, at: number, more: object = {}) => ({
  ...many(world, UP_A_FILE, 'up', { ...keys, ...more }, `up${at}x`),
  ...many(world, FLAPPING_A_FILE, 'flap', keys, `flap${at}x`),
});

/** What people do to files, again and again: add, change, break, mend, take away, put back. */
const edits: readonly ((world: World, round: number) => void)[] = [
  (world, round) => world.write(`extra${round % 3}.yml`, many(world, 50, 'up', keys, `upextra${round}x`)),
  (world, round) => world.write('f3.yml', fileOf(world, 3, { description: `edit ${round}` })),
  world => world.write('f4.yml', { up4x0: { interval: 5 } }),
  world => world.write('f4.yml', fileOf(world, 4)),
  world => world.write('f5.yml', {}),
  world => world.write('f5.yml', fileOf(world, 5)),
];

/** Without endpoints that were taken away and put back: between, they were not watched. */
const watchedAllTheTime = (evidence: Evidence): Evidence => {
  const stayed = (endpoint: string): boolean => !/^(up|flap)(5x|extra)/.test(endpoint);
  return {
    ...evidence,
    history: evidence.history.filter(({ endpoint }) => stayed(endpoint)),
    arrivals: evidence.arrivals.filter(({ transition }) => stayed(transition.endpoint)),
    answers: Object.fromEntries(Object.entries(evidence.answers).filter(([endpoint]) => stayed(endpoint))),
  };
};

export const soak: Scenario = {
  promise: 'thousands of checks a second while files are edited: memory stays, nothing fails falsely',
  leastMs: 6000,
  mostMs: 20 * 60_000,
  run: async ({ forMs, seed, signal, progress }) => {
    await using world = await openWorld(seed);
    const files = forMs > SETTLED_MS ? FILES : FILES / 2;
    world.write('targets.yml', targets(world, ...TARGETS));
    for (let at = 0; at < files; at++) world.write(`f${at}.yml`, fileOf(world, at));
    const monitor = await world.start().started();
    const memory = watchMemory(monitor);
    const editEveryMs = Math.min(EDIT_EVERY_MS, forMs / LEAST_EDITS);
    const fromMs = performance.now();
    for (let round = 0; performance.now() < fromMs + forMs && !signal.aborted; ) {
      await sleep(Math.min(LOOK_EVERY_MS, editEveryMs));
      memory.look();
      if (performance.now() < fromMs + (round + 1) * editEveryMs) continue;
      edits[round % edits.length]?.(world, round);
      round++;
      if (round % LEAST_EDITS === 0)
        progress(`soak: ${round} edits, ${JSON.stringify(await monitor.health())}`);
    }
    const evidence = await settle(world, monitor, TARGETS);
    return [
      ...everyPromise(watchedAllTheTime(evidence), TARGETS),
      neverIs(evidence, 'fail', /^up/, 'what is up never fails'),
      ...memory.facts(SETTLED_MS, MOST_MEMORY_MB),
    ];
  },
};
