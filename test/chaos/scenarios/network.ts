import { setTimeout as sleep } from 'node:timers/promises';
import { hostileResolver, records } from '../../support/hostile-resolver.ts';
import { many, targets } from '../harness/endpoints.ts';
import { watchMemory } from '../harness/memory.ts';
import type { Monitor } from '../harness/monitor.ts';
import { settle } from '../harness/settle.ts';
import { holdsWithin } from '../harness/wait.ts';
import { openWorld } from '../harness/world.ts';
import { checksGoOn } from '../judge/gaps.ts';
import { everyPromise } from '../judge/promises.ts';
import { neverIs } from '../judge/truth.ts';
import { fact, noneOf, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
const MOST_PAUSE_MS = 1500;
const MOST_MEMORY_MB = 350;
const MANY_FROM_MS = 10_000;
const LOOK_EVERY_MS = 500;
const SETTLED_WITHIN_MS = 10_000;

/** 127.0.0.1 as the data of an A record. */
const LOOPBACK = Buffer.from([127, 0, 0, 1]);

type StateOf = {
  readonly id: string;
  readonly state: string;
  readonly last: { readonly reason: string | null } | null;
};

/** Endpoints that are in another state than what they talk to. */
const wrongOf = async (monitor: Monitor): Promise<readonly string[]> => {
  const { endpoints } = await monitor.get<{ readonly endpoints: readonly StateOf[] }>('/api/endpoints');
  return endpoints
    .filter(({ id, state, last }) => {
      if (/^silent|^dead/.test(id)) return state !== 'fail' || last?.reason !== 'timeout';
      return id === 'no-name' ? state !== 'fail' : state !== 'ok';
    })
    .map(({ id, state, last }) => `${id} is ${state} (${last?.reason})`);
};

export const network: Scenario = {
  promise: 'targets that hang and a resolver that is dead fail alone; all others are checked as before',
  leastMs: 4000,
  mostMs: 60_000,
  run: async ({ forMs, seed }) => {
    await using world = await openWorld(seed);
    await using dead = await hostileResolver({ 'away.test A': 'silence' });
    await using alive = await hostileResolver({ 'there.test A': records('A', LOOPBACK) });
    const hanging = forMs > MANY_FROM_MS ? 1000 : 200;
    const dns = { scheme: 'dns', interval: '200ms', timeout: '1s', targets: TARGETS };
    world.write('endpoints.yml', {
      ...targets(world, ...TARGETS),
      ...many(world, hanging, 'silent', { interval: '100ms', timeout: '1s', targets: TARGETS }),
      ...many(world, 50, 'up', { interval: '100ms', targets: TARGETS }),
      ...many(world, 50, 'up', { interval: '200ms', fresh_connection: true, targets: TARGETS }, 'upfresh'),
      'dead-name': { ...dns, host: 'away.test', resolver: dead.address },
      'good-name': { ...dns, host: 'there.test', resolver: alive.address },
      'no-name': { scheme: 'http', url: 'http://nosuch.invalid/', interval: '500ms', targets: TARGETS },
    });
    const monitor = await world.start().started();
    const memory = watchMemory(monitor);
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs; ) {
      await sleep(LOOK_EVERY_MS);
      memory.look();
    }
    const untilMs = Date.now();
    await holdsWithin(SETTLED_WITHIN_MS, async () => (await wrongOf(monitor)).length === 0);
    const wrong = await wrongOf(monitor);
    const evidence = await settle(world, monitor, TARGETS);
    const fromMs = performance.now();
    monitor.signal('SIGTERM');
    const ended = await monitor.ended;
    return [
      checksGoOn(evidence.answers, /^up/, MOST_PAUSE_MS, untilMs),
      neverIs(evidence, 'fail', /^(up|good)/, 'what is up never fails'),
      noneOf('what hangs has timed out, and nothing else', wrong, `${evidence.endpoints.length} endpoints`),
      ...everyPromise(evidence, TARGETS),
      ...memory.facts(LOOK_EVERY_MS, MOST_MEMORY_MB),
      fact('it ends when asked', ended === 0, `after ${Math.round(performance.now() - fromMs)} ms`),
    ];
  },
};
