import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Context } from '../benchmark.ts';
import { pinnedTo } from './cores.ts';
import { type Usage, usageOf } from './process-usage.ts';
import { nodeEnvironment, nodeFlags } from './start-command.ts';

const START = fileURLToPath(new URL('../../../lib/cli/start.ts', import.meta.url));

export type MonitorOptions = {
  readonly endpoints: string;
  readonly data: string;
  readonly workers: number;
  /** To the core of what is measured: else its threads, checks and database, use all of them as they do for a user. */
  readonly pinned: boolean;
  readonly startsWithinMs: number;
};

type Health = {
  readonly endpoints: number;
  readonly failing: number;
  readonly checks_per_second: number;
  readonly lateness_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly missed_ticks: number;
  /** So many endpoints fit, where the monitor found out. */
  readonly scaling_limit_hit?: boolean;
};

export type Monitor = {
  readonly pid: number;
  readonly startedAfterMs: number;
  readonly health: () => Promise<Health>;
  readonly get: (path: string) => Promise<Response>;
  readonly usage: () => Usage;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<void>;
};

const ANSWERS_WITHIN_MS = 30_000;

/** The monitor as a user runs it, `npm start`, without npm. Rejects with what it said when it does not start. */
const startMonitor = async (
  { cores, signal }: Context,
  { endpoints, data, workers, pinned, startsWithinMs }: MonitorOptions,
): Promise<Monitor> => {
  const args = ['--endpoints', endpoints, '--data', data, '--port', '0', '--log', 'json'];
  const many = workers === 1 ? [] : ['--workers', String(workers)];
  const [command = '', ...rest] = [
    ...(pinned ? pinnedTo(cores?.client) : []),
    process.execPath,
    ...nodeFlags,
    START,
    ...args,
    ...many,
  ];
  const fromMs = performance.now();
  const env = { ...process.env, ...nodeEnvironment };
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env, signal });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    said = (said + text).slice(0, 2000);
  });
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the monitor did not start within ${startsWithinMs / 1000} s`));
    }, startsWithinMs);
    void ended.then(() => reject(new Error(said.trim().split('\n')[0] ?? 'the monitor ended')));
    child.once('error', reject);
    createInterface({ input: child.stdout }).on('line', line => {
      if (!line.includes('"kind":"started"')) return;
      clearTimeout(limit);
      const started = JSON.parse(line);
      if (started.invalid_files === 0) return resolve(String(started.url));
      child.kill('SIGKILL');
      reject(new Error("the benchmark's own files are invalid"));
    });
  });
  const get: Monitor['get'] = path => fetch(url + path, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  return {
    pid: child.pid ?? 0,
    startedAfterMs: performance.now() - fromMs,
    health: async () => (await (await get('/health')).json()) as Health,
    get,
    usage: () => usageOf(child.pid ?? 0),
    kill: name => child.kill(name),
    ended,
  };
};

const STOPS_WITHIN_MS = 10_000;

/** Runs a monitor as long as `use` lasts. */
export const withMonitor = async <T>(
  context: Context,
  options: MonitorOptions,
  use: (monitor: Monitor) => Promise<T>,
): Promise<T> => {
  const monitor = await startMonitor(context, options);
  try {
    return await use(monitor);
  } finally {
    monitor.kill('SIGTERM');
    await Promise.race([monitor.ended, sleep(STOPS_WITHIN_MS, undefined, { ref: false })]);
    monitor.kill('SIGKILL');
  }
};
