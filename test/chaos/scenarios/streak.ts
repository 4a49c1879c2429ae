import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { seeded } from '../harness/random.ts';
import { settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { everyPromise } from '../judge/promises.ts';
import { neverIs } from '../judge/truth.ts';
import type { Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
/** Streaks are saved every 30 s, and at an orderly end. */
const CHECKPOINT_MS = 30_000;
const QUICK_MS = 1500;

export const streak: Scenario = {
  promise: 'failures before a crash and failures after it are not in a row',
  leastMs: 3000,
  mostMs: 8 * (CHECKPOINT_MS + 5000),
  run: async ({ forMs, seed, signal, progress }) => {
    const random = seeded(seed);
    await using world = await openWorld(seed);
    world.write('endpoints.yml', {
      ...targets(world, ...TARGETS),
      ...many(world, 60, 'FFOOOO', { interval: '100ms', failure_threshold: 3, targets: TARGETS }),
    });
    const saved = await world.start().started();
    await sleep(QUICK_MS);
    // Its streaks are continued, and then they are old.
    saved.signal('SIGTERM');
    await saved.ended;
    const longMs = forMs > 2 * CHECKPOINT_MS ? CHECKPOINT_MS : 0;
    for (
      const untilMs = performance.now() + forMs - longMs;
      performance.now() < untilMs && !signal.aborted;
    ) {
      const monitor = await world.start().started();
      await sleep(QUICK_MS + longMs + random() * (longMs / 6));
      monitor.signal('SIGKILL');
      await monitor.ended;
      progress('streak: killed');
    }
    const monitor = await world.start().started();
    await sleep(QUICK_MS);
    const evidence = await settle(world, monitor, TARGETS);
    return [
      neverIs(evidence, 'fail', /^ffoooo/, 'two failures are never three'),
      ...everyPromise(evidence, TARGETS),
    ];
  },
};
