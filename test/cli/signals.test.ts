import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { folderOf, type MonitorProcess, newFolder, startMonitorProcess } from '../support/monitor-process.ts';

const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

/** A program that does not mind being interrupted, in flight from the start on. */
const endpoints = (): string =>
  folderOf({
    'e.yml': `stubborn:
  scheme: exec
  test: sh
  test_arguments: ["-c", "trap '' INT TERM; sleep 60 & wait"]
  interval: 100ms
  timeout: 60s
`,
  });

const start = async (...more: readonly string[]): Promise<MonitorProcess> => {
  const monitor = await startMonitorProcess(['--endpoints', endpoints(), '--data', newFolder(), ...more]);
  atEnd.push(() => monitor.end('SIGKILL'));
  await new Promise(resolve => setTimeout(resolve, 500));
  return monitor;
};

/** A process that ended and was not yet taken note of lives no more. */
const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}/status`) && !/State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

const until = async (holds: () => boolean, withinMs: number): Promise<void> => {
  for (const untilMs = Date.now() + withinMs; !holds(); await new Promise(resolve => setTimeout(resolve, 20)))
    if (Date.now() > untilMs) throw new Error(`it did not come to hold: ${holds}`);
};

test.each(['SIGHUP', 'SIGTERM', 'SIGINT'] as const)('%s ends the monitor in order', async signal => {
  const monitor = await start();
  expect(await monitor.end(signal)).toBe(0);
  expect(monitor.lines.at(-1)?.kind).toBe('stopped');
});

test('a second signal ends it at once, and what that costs is said', async () => {
  const monitor = await start();
  process.kill(monitor.pid, 'SIGINT');
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(await monitor.end('SIGINT')).toBe(1);
  expect(monitor.lines.at(-1)?.kind).not.toBe('stopped');
  expect(monitor.errors()).toContain('asked a second time to end: what was not saved by now is lost');
});

test('with a worker that stands still it ends within its time, and leaves no process behind', async () => {
  const monitor = await start('--workers', '2');
  await until(() => monitor.workers().length === 2, 5000);
  const workers = monitor.workers();
  process.kill(workers[0] as number, 'SIGSTOP');
  const ended = monitor.end('SIGTERM');
  await until(() => !isAlive(monitor.pid), 3500);
  await ended;
  await until(() => !workers.some(isAlive), 500);
});

test('SIGTERM to npm ends the monitor itself', async () => {
  const npm = spawn(
    'npm',
    ['start', '--', '--endpoints', endpoints(), '--data', newFolder(), '--port', '0', '--log', 'json'],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  atEnd.push(() => npm.kill('SIGKILL'));
  const kinds: string[] = [];
  createInterface({ input: npm.stdout }).on('line', line => {
    if (line.startsWith('{')) kinds.push(JSON.parse(line).kind);
  });
  await until(() => kinds.includes('started'), 15_000);
  npm.kill('SIGTERM');
  await until(() => kinds.includes('stopped'), 3500);
});

/** Processes whose command line holds the text. */
const running = (text: string): readonly number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });

test.each([[1], [2]])(
  'killed with %d workers, the monitor leaves no program of a check or a target behind',
  async workers => {
    const seconds = `${1000 + Math.floor(Math.random() * 1e6)}.${workers}`;
    const monitor = await startMonitorProcess([
      '--endpoints',
      folderOf({
        'e.yml': `targets:
  slow: { run: [sh, -c, "trap '' INT TERM HUP; sleep ${seconds} & wait"], on: [initial] }
quick:
  scheme: exec
  test: "true"
  interval: 100ms
  targets: [slow]
${[1, 2, 3, 4].map(n => `stubborn${n}:\n  scheme: exec\n  test: sh\n  test_arguments: ["-c", "trap '' INT TERM HUP; sleep ${seconds} & wait"]\n  timeout: 60s\n`).join('')}`,
      }),
      '--data',
      newFolder(),
      ...(workers > 1 ? ['--workers', String(workers)] : []),
    ]);
    atEnd.push(() => monitor.end('SIGKILL'));
    await until(() => running(`sleep\0${seconds}`).length === 5, 10_000);
    await monitor.end('SIGKILL');
    await until(() => running(seconds).length === 0, 3000);
  },
);
