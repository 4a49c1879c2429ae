import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
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

test('a target that never answers and a program that ignores SIGINT do not hold up the end', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  atEnd.push(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const folder = endpoints();
  const hook = `targets:\n  hook: { post_endpoint: "http://127.0.0.1:${port}/", on: [initial], timeout: 30s }\n`;
  const open = `open:\n  scheme: tcp\n  host: 127.0.0.1\n  port: ${port}\n  interval: 100ms\n  targets: [hook]\n`;
  const monitor = await startMonitorProcess([
    '--endpoints',
    folderOf({ 'hook.yml': hook + open }, folder),
    '--data',
    newFolder(),
  ]);
  atEnd.push(() => monitor.end('SIGKILL'));
  await monitor.line(({ kind }) => kind === 'transition');
  await new Promise(resolve => setTimeout(resolve, 300));
  const ended = monitor.end('SIGTERM');
  await until(() => !isAlive(monitor.pid), 3500);
  expect(await ended).toBe(0);
});

test('a second signal ends it at once, and what that costs is said', async () => {
  const monitor = await start();
  process.kill(monitor.pid, 'SIGINT');
  await new Promise(resolve => setTimeout(resolve, 400));
  expect(await monitor.end('SIGINT')).toBe(1);
  expect(monitor.lines.at(-1)?.kind).not.toBe('stopped');
  expect(monitor.errors()).toMatch(/asked a second time to end: checks were still in flight.*\n$/);
});

/** Hangs in a call to the system, which no thread can be called back from, as soon as the file is there. */
const hangingStore = (fifo: string, isDue: string): string =>
  folderOf({
    'hang.mjs': `import { existsSync, openSync } from 'node:fs';
import { DatabaseSync, StatementSync } from 'node:sqlite';
for (const { prototype, name } of [
  { prototype: DatabaseSync.prototype, name: 'exec' },
  { prototype: StatementSync.prototype, name: 'run' },
]) {
  const real = prototype[name];
  prototype[name] = function (...given) {
    if (existsSync(${JSON.stringify(isDue)})) openSync(${JSON.stringify(fifo)}, 'r');
    return real.apply(this, given);
  };
}`,
  });

test('with a database that hangs it ends within its time, and says what was not finished', async () => {
  const folder = newFolder();
  const [fifo, isDue] = [join(folder, 'fifo'), join(folder, 'due')];
  execFileSync('mkfifo', [fifo]);
  const preload = join(hangingStore(fifo, isDue), 'hang.mjs');
  const monitor = await startMonitorProcess(['--endpoints', endpoints(), '--data', newFolder()], {
    NODE_OPTIONS: `--import ${preload}`,
  });
  atEnd.push(() => monitor.end('SIGKILL'));
  writeFileSync(isDue, '');
  await new Promise(resolve => setTimeout(resolve, 1500));
  const ended = monitor.end('SIGTERM');
  await until(() => !isAlive(monitor.pid), 3500);
  expect(await ended).toBe(1);
  expect(monitor.errors()).toMatch(/it did not end within 3 s: .*(saved|database).*\n$/);
});

test('with a worker that stands still it ends within its time, and leaves no process behind', async () => {
  const monitor = await start('--workers', '4');
  await until(() => monitor.workers().length === 4, 5000);
  const workers = monitor.workers();
  process.kill(workers[0] as number, 'SIGSTOP');
  const ended = monitor.end('SIGTERM');
  await until(() => !isAlive(monitor.pid), 3500);
  await ended;
  await until(() => !workers.some(isAlive), 500);
});

const startNpm = async () => {
  const npm = spawn(
    'npm',
    ['start', '--', '--endpoints', endpoints(), '--data', newFolder(), '--port', '0', '--log', 'json'],
    { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const pid = npm.pid as number;
  atEnd.push(() => npm.exitCode ?? process.kill(-pid, 'SIGKILL'));
  const kinds: string[] = [];
  createInterface({ input: npm.stdout }).on('line', line => {
    if (line.startsWith('{')) kinds.push(JSON.parse(line).kind);
  });
  const ended = new Promise<number | null>(resolve => npm.once('close', resolve));
  await until(() => kinds.includes('started'), 15_000);
  return { pid, kinds, ended };
};

test('SIGTERM to npm ends the monitor itself', async () => {
  const npm = await startNpm();
  process.kill(npm.pid, 'SIGTERM');
  expect(await npm.ended).toBe(0);
  expect(npm.kinds.at(-1)).toBe('stopped');
});

// As a terminal sends it: to npm, which passes it on, and to the monitor.
test('Ctrl-C on npm start is one wish, though it comes twice', async () => {
  const npm = await startNpm();
  process.kill(-npm.pid, 'SIGINT');
  expect(await npm.ended).toBe(0);
  expect(npm.kinds.at(-1)).toBe('stopped');
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

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

const sessionOf = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').at(3));
  } catch {
    return 0;
  }
};

/** What a process has started in sessions of their own. */
const inSessionsOf = (pid: number): readonly number[] => {
  const leaders = childrenOf(pid);
  return running('').filter(one => leaders.includes(sessionOf(one)));
};

/** `PATH` with these programs alone. */
const pathWith = (...programs: readonly string[]): string => {
  const folder = newFolder();
  for (const program of ['sh', 'sleep', 'timeout', ...programs])
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim(),
      join(folder, program),
    );
  return folder;
};

/** A monitor with programs at work: four of checks and one of a target that mind no signal but SIGKILL, and one of a
 *  check with a group of its own, which is two processes. */
const startBusy = async (workers: number, env: { readonly [name: string]: string } = {}) => {
  const seconds = `${1000 + Math.floor(Math.random() * 1e6)}.${workers}`;
  const stubborn = `[-c, "trap '' INT TERM HUP; sleep ${seconds} & wait"]`;
  const endpoints = folderOf({
    'e.yml': `targets:
  slow: { run: [sh, ${stubborn.slice(1)}, on: [initial] }
quick:
  scheme: exec
  test: sleep
  test_arguments: ["0"]
  interval: 100ms
  targets: [slow]
grouped:
  scheme: exec
  test: timeout
  test_arguments: ["3600", sleep, "${seconds}"]
  timeout: 60s
${[1, 2, 3, 4].map(n => `stubborn${n}:\n  scheme: exec\n  test: sh\n  test_arguments: ${stubborn}\n  timeout: 60s\n`).join('')}`,
  });
  atEnd.push(() => {
    for (const pid of running(seconds)) process.kill(pid, 'SIGKILL');
  });
  const monitor = await startMonitorProcess(
    ['--endpoints', endpoints, '--data', newFolder(), '--workers', String(workers)],
    env,
  );
  atEnd.push(() => monitor.end('SIGKILL'));
  await until(() => running(`sleep\0${seconds}`).length === 7, 10_000);
  return { monitor, left: () => running(seconds).length };
};

test.each([
  ['dash and perl', ['dash', 'perl']],
  ['bash alone', ['bash']],
  ['neither', []],
])(
  'killed where there is %s, the monitor leaves no program of a check or a target behind',
  async (_, programs) => {
    const { monitor, left } = await startBusy(1, { PATH: pathWith(...programs) });
    await monitor.end('SIGKILL');
    await until(() => left() === 0, 3000);
  },
);

test('killed with two workers, it leaves no program behind either', async () => {
  const { monitor, left } = await startBusy(2);
  await monitor.end('SIGKILL');
  await until(() => left() === 0, 3000);
});

test('asked twice to end, it leaves no program behind', async () => {
  const { monitor, left } = await startBusy(1);
  process.kill(monitor.pid, 'SIGINT');
  await new Promise(resolve => setTimeout(resolve, 400));
  await monitor.end('SIGINT');
  await until(() => left() === 0, 3000);
});

test('a worker that is killed leaves no program behind', async () => {
  const { monitor } = await startBusy(2);
  const workers = monitor.workers().filter(pid => running('jobsets-worker').includes(pid));
  const programs = workers.flatMap(inSessionsOf);
  expect(programs.length).toBeGreaterThan(4);
  for (const worker of workers) process.kill(worker, 'SIGKILL');
  await until(() => !programs.some(isAlive), 3000);
});

test('a watcher of programs that has died is replaced', async () => {
  const { monitor, left } = await startBusy(1);
  const watcher = (): number | undefined =>
    childrenOf(monitor.pid).find(pid =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('read -r what id'),
    );
  const first = watcher() as number;
  process.kill(first, 'SIGKILL');
  await until(() => watcher() !== undefined && watcher() !== first, 3000);
  await monitor.end('SIGKILL');
  await until(() => left() === 0, 3000);
});
