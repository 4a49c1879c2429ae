import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { many } from '../harness/endpoints.ts';
import { descendantsOf, end, leftOf } from '../harness/processes.ts';
import { holdsWithin } from '../harness/wait.ts';
import { openWorld, type World } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import { type Context, type Fact, fact, type Scenario } from '../scenario.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const STARTS_WITHIN_MS = 30_000;
/** 3 s, and on a busy machine some more. */
const ENDS_WITHIN_MS = 5000;
const LEAVES_WITHIN_MS = 8000;

const npmStart = (world: World, data: string): ChildProcess =>
  spawn(
    'npm',
    ['start', '--', '--endpoints', join(world.folder, 'endpoints'), '--data', data, '--port', '0'],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: 'ignore',
      detached: true,
    },
  );

const signalled = async (signal: NodeJS.Signals, { seed, forMs }: Context): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', {
    ...many(world, 10, 'up', { interval: '100ms' }),
    program: { scheme: 'exec', test: 'sleep', test_arguments: ['300'], interval: '1s', timeout: '60s' },
  });
  const data = join(world.folder, 'npm');
  mkdirSync(data);
  const npm = npmStart(world, data);
  const ended = new Promise<string>(resolve => npm.once('exit', (code, by) => resolve(String(by ?? code))));
  const isChecking = await holdsWithin(
    STARTS_WITHIN_MS,
    async () => (await world.outside.tell('answered', null)).total > 10,
  );
  await sleep(forMs);
  const below = descendantsOf(npm.pid ?? 0);
  const fromMs = performance.now();
  end(signal === 'SIGHUP' ? -(npm.pid ?? 0) : (npm.pid ?? 0), signal);
  const how = await Promise.race([ended, sleep(2 * ENDS_WITHIN_MS, 'runs on')]);
  const tookMs = Math.round(performance.now() - fromMs);
  const areGone = await holdsWithin(LEAVES_WITHIN_MS, () => leftOf(below).length === 0);
  const left = leftOf(below);
  for (const { pid } of left) end(pid);
  end(npm.pid ?? 0);
  return [
    fact('it runs', isChecking, `${below.length} processes`),
    fact(
      'the monitor ends with npm',
      areGone,
      areGone ? 'nothing left' : left.map(({ command }) => command.slice(0, 60)).join(' | '),
    ),
    fact('in time', tookMs <= ENDS_WITHIN_MS, `${how} after ${tookMs} ms`),
  ];
};

/** A terminal that is closed tells all that runs in it. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export const npm: Scenario = {
  promise: 'what is done to npm start reaches the monitor: none is left behind',
  leastMs: 500,
  mostMs: 5000,
  run: context => inEach(SIGNALS.map(signal => [signal, () => signalled(signal, context)])),
};
