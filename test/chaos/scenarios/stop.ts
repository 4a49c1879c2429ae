import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import type { Monitor } from '../harness/monitor.ts';
import { descendantsOf, end } from '../harness/processes.ts';
import { settle } from '../harness/settle.ts';
import { holdsWithin } from '../harness/wait.ts';
import { openWorld, type World } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import { everyPromise, isLogged } from '../judge/promises.ts';
import { neverIs } from '../judge/truth.ts';
import { type Context, type Fact, fact, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
/** So many processes: most of them stand still or do little. */
const AT_ONCE = 8;
const SHORT_STALE_MS = 2000;

/** Answers are on their way at every instant, and stopping falls into each phase of a check. */
const filesOf = (world: World) => {
  const often = { interval: '250ms', timeout: '1s', targets: TARGETS };
  return {
    ...targets(world, ...TARGETS),
    ...many(world, 15, 'slow-120', often),
    ...many(
      world,
      15,
      'slow-120',
      { ...often, success_test: 'status_code == 200 && latency_ms < 300' },
      'timed',
    ),
    ...many(world, 5, 'slow-120', { ...often, fresh_connection: true }, 'fresh'),
    ...many(world, 5, 'slow-700', { interval: '1s', timeout: '1s', targets: TARGETS }),
    ...many(world, 10, 'up', { ...often, stale_after: `${SHORT_STALE_MS}ms` }),
    ...many(world, 3, 'down', often),
    program: { scheme: 'exec', test: 'sleep', test_arguments: ['0.15'], ...often },
  };
};

const stale = (endpoint: string): number => (endpoint.startsWith('up') ? SHORT_STALE_MS : 10_000);

type Whom = 'all' | 'a worker' | 'the first process';

const stopped = (monitor: Monitor, whom: Whom): readonly number[] => {
  const workers = descendantsOf(monitor.pid)
    .filter(({ parent, command }) => parent === monitor.pid && command.includes('worker'))
    .map(({ pid }) => pid);
  switch (whom) {
    case 'all':
      return [monitor.pid, ...workers];
    case 'a worker':
      return workers.slice(0, 1);
    case 'the first process':
      return [monitor.pid];
    default:
      return whom satisfies never;
  }
};

const SETTLED_MS = 2500;
const RECOVERS_WITHIN_MS = 15_000;

const stopFor = async (
  ms: number,
  whom: Whom,
  workers: number,
  { seed }: Context,
): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', filesOf(world));
  const monitor = await world.start({ workers }).started();
  await sleep(SETTLED_MS);
  const pids = stopped(monitor, whom);
  for (const pid of pids) end(pid, 'SIGSTOP');
  await sleep(ms);
  for (const pid of pids) end(pid, 'SIGCONT');
  const wokenAtMs = performance.now();
  const isWell = await holdsWithin(RECOVERS_WITHIN_MS, async () => {
    const health = await monitor.health().catch(() => null);
    // `behind` is the machine's load.
    return health?.status === 'ok' || health?.status === 'behind';
  });
  const wellAfterMs = Math.round(performance.now() - wokenAtMs);
  const evidence = await settle(world, monitor, TARGETS);
  return [
    ...everyPromise(evidence, TARGETS, stale, ms),
    neverIs(evidence, 'fail', /^(up|slow|timed|fresh|program)/, 'what is up never fails'),
    neverIs(evidence, 'ok', /^down/, 'what is down is never ok'),
    isLogged(evidence, monitor.log()),
    fact('it is well again', isWell, `${wellAfterMs} ms`),
  ];
};

const LENGTHS_MS = [1000, 3000, 12_000, 30_000, 120_000, 600_000];
const LEAST_LENGTHS = 2;

export const stop = (workers: number): Scenario => ({
  promise: `a monitor that stood still${workers > 1 ? `, or one of its ${workers} workers,` : ''} fails nothing; what nobody watched is unknown`,
  leastMs: 3000,
  mostMs: 600_000,
  run: context => {
    const lengthsMs = LENGTHS_MS.filter((ms, at) => at < LEAST_LENGTHS || ms <= context.forMs);
    const whoms: readonly Whom[] = workers > 1 ? ['all', 'a worker', 'the first process'] : ['all'];
    const cases = lengthsMs.flatMap(ms => whoms.map(whom => ({ ms, whom })));
    return inEach(
      cases.map(({ ms, whom }) => [
        whoms.length > 1 ? `${whom} for ${ms / 1000} s` : `${ms / 1000} s`,
        () => stopFor(ms, whom, workers, context),
      ]),
      Math.floor(AT_ONCE / workers),
    );
  },
});
