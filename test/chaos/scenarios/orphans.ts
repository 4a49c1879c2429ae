import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended, Monitor } from '../harness/monitor.ts';
import { descendantsOf, leftOf } from '../harness/processes.ts';
import { holdsWithin } from '../harness/wait.ts';
import { type EndpointsFile, openWorld } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import { type Context, type Fact, fact, type Scenario } from '../scenario.ts';

const shell = (line: string, keys: object = {}) => ({
  scheme: 'exec',
  test_shell: line,
  interval: '1s',
  timeout: '5s',
  ...keys,
});

const files: EndpointsFile = {
  targets: { long: { run: ['sleep', '300'], timeout: '60s' } },
  fails: { scheme: 'exec', test_shell: 'exit 1', interval: '1s', targets: ['long'] },
  sleeps: { scheme: 'exec', test: 'sleep', test_arguments: ['300'], interval: '1s', timeout: '60s' },
  'in-the-background': shell('sleep 300 & sleep 301'),
  writes: shell('yes'),
  stubborn: shell("trap '' INT TERM HUP; while :; do sleep 1; done"),
  quick: shell('exit 0', { interval: '100ms' }),
};

type Way = {
  readonly name: string;
  readonly end: (monitor: Monitor) => Promise<void> | void;
  readonly endsWithinMs: number;
};

const bySignal = (name: NodeJS.Signals, endsWithinMs: number): Way => ({
  name,
  end: monitor => monitor.signal(name),
  endsWithinMs,
});

/** An orderly end takes 3 s at most, and on a busy machine some more; what the system does to a process is at once. */
const ORDERLY_MS = 5000;
const AT_ONCE_MS = 2000;

const ways: readonly Way[] = [
  bySignal('SIGKILL', AT_ONCE_MS),
  bySignal('SIGTERM', ORDERLY_MS),
  {
    name: 'SIGINT twice',
    end: async monitor => {
      monitor.signal('SIGINT');
      await sleep(400);
      monitor.signal('SIGINT');
    },
    endsWithinMs: AT_ONCE_MS,
  },
  bySignal('SIGHUP', ORDERLY_MS),
  { name: 'SIGKILL to the group', end: monitor => monitor.signalGroup('SIGKILL'), endsWithinMs: AT_ONCE_MS },
  bySignal('SIGQUIT', ORDERLY_MS),
  bySignal('SIGABRT', ORDERLY_MS),
];
const LEAST_WAYS = 4;

const LIFE_MS = 2000;
const LEAVES_WITHIN_MS = 5000;

const ended = async (
  { end, endsWithinMs }: Way,
  workers: number,
  { seed }: Context,
): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', files);
  const monitor = await world.start({ workers }).started();
  await sleep(LIFE_MS);
  const below = descendantsOf(monitor.pid);
  const fromMs = performance.now();
  await end(monitor);
  const how: Ended = await monitor.ended;
  const tookMs = Math.round(performance.now() - fromMs);
  const areGone = await holdsWithin(LEAVES_WITHIN_MS, () => leftOf(below).length === 0);
  const left = leftOf(below).map(({ command }) => command.slice(0, 40));
  return [
    fact(
      'no program is left',
      areGone && below.length > 0,
      areGone ? `${below.length} gone` : left.join(', '),
    ),
    fact('it ends in time', tookMs <= endsWithinMs, `${how} after ${tookMs} ms`),
  ];
};

export const orphans: Scenario = {
  promise: 'no program of a check or target outlives the monitor, however that dies',
  leastMs: 1000,
  mostMs: 20_000,
  run: context => {
    const isShort = context.forMs < 10_000;
    const cases = (isShort ? [1] : [1, 2]).flatMap(workers =>
      ways.slice(0, isShort ? LEAST_WAYS : ways.length).map(way => ({ way, workers })),
    );
    return inEach(
      cases.map(({ way, workers }) => [
        workers > 1 ? `${way.name}, ${workers} workers` : way.name,
        () => ended(way, workers, context),
      ]),
    );
  },
};
