import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { everyPromise } from '../judge/promises.ts';
import { noneOf, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
const STALE_MS = 5000;
const LIFE_MS = 2000;

export const restart: Scenario = {
  promise: 'a monitor that is ended or killed and started at once leaves no gap',
  leastMs: 3000,
  mostMs: 60_000,
  run: async ({ forMs, seed, signal }) => {
    await using world = await openWorld(seed);
    world.write('endpoints.yml', {
      ...targets(world, ...TARGETS),
      ...many(world, 30, 'up', { interval: '200ms', stale_after: `${STALE_MS}ms`, targets: TARGETS }),
      ...many(world, 5, 'down', { interval: '200ms', stale_after: `${STALE_MS}ms`, targets: TARGETS }),
    });
    let monitor = await world.start().started();
    const codes: string[] = [];
    const ways = ['SIGTERM', 'SIGKILL'] as const;
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs && !signal.aborted; ) {
      await sleep(LIFE_MS);
      const way = ways[codes.length % ways.length] ?? 'SIGTERM';
      monitor.signal(way);
      codes.push(`${way} → ${await monitor.ended}`);
      monitor = await world.start().started();
    }
    const evidence = await settle(world, monitor, TARGETS);
    const later = evidence.history.filter(
      ({ kind, previous_state }) => kind !== 'initial' && previous_state !== 'unknown',
    );
    return [
      ...everyPromise(evidence, TARGETS, () => STALE_MS),
      noneOf(
        'nothing changes by it',
        later.map(({ id, state }) => `${id} ${state}`),
        `${codes.length} restarts`,
      ),
      noneOf(
        'SIGTERM ends with 0',
        codes.filter(code => code.startsWith('SIGTERM') && !code.endsWith(' 0')),
        `${codes.length} ends`,
      ),
    ];
  },
};
