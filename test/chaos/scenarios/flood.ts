import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { megabytesOf, watchMemory } from '../harness/memory.ts';
import { settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { everyPromise } from '../judge/promises.ts';
import { fact, noneOf, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
const LOOK_EVERY_MS = 250;
const MOST_DISK_MB = 60;
const MOST_MEMORY_MB = 300;
const SETTLED_MS = 120_000;
/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:1/gone';

export const flood: Scenario = {
  promise: 'a target that is never there costs bounded disk and memory, and no other target a transition',
  leastMs: 3000,
  mostMs: 480_000,
  run: async ({ forMs, seed, progress }) => {
    await using world = await openWorld(seed);
    const files = targets(world, ...TARGETS);
    world.write('endpoints.yml', {
      targets: {
        ...files.targets,
        gone: { post_endpoint: NOBODY, on: ['fail', 'ok', 'unknown', 'initial'], max_per_second: 1000 },
      },
      ...many(world, 150, 'flap', { interval: '100ms', targets: [...TARGETS, 'gone'] }),
    });
    const monitor = await world.start().started();
    const memory = watchMemory(monitor);
    let diskMb = 0;
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs; ) {
      await monitor.get('/api/transitions?limit=10');
      memory.look();
      diskMb = Math.max(diskMb, megabytesOf(world.data));
      await sleep(LOOK_EVERY_MS);
    }
    progress(`flood: ${Math.round(diskMb)} MB on disk`);
    const evidence = await settle(world, monitor, TARGETS);
    const logged = monitor
      .log()
      .filter(({ kind }) => kind === 'transition')
      .map(({ id }) => String(id));
    const seen = new Set<string>();
    const twice = logged.filter(id => seen.has(id) || !seen.add(id));
    const heard = new Set(evidence.arrivals.map(({ id }) => id));
    const unheard = logged.filter(id => !id.startsWith('self#') && !heard.has(id));
    return [
      ...everyPromise(evidence, TARGETS),
      noneOf('the other target hears of all of it', unheard, `${logged.length} transitions`),
      noneOf('no id is given twice', twice, `${logged.length} in the log`),
      fact(`at most ${MOST_DISK_MB} MB on disk`, diskMb <= MOST_DISK_MB, `${diskMb.toFixed(1)} MB`),
      ...memory.facts(SETTLED_MS, MOST_MEMORY_MB),
    ];
  },
};
