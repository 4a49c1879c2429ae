import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags } from '../../bench/harness/start-command.ts';
import { end } from './processes.ts';
import { within } from './wait.ts';

const START = fileURLToPath(new URL('../../../lib/cli/start.ts', import.meta.url));
const STARTS_WITHIN_MS = 60_000;
const ANSWERS_WITHIN_MS = 10_000;

export type LogLine = { readonly kind: string; readonly at_ms: number; readonly [field: string]: unknown };

/** Exit code, or the signal that ended it. */
export type Ended = number | NodeJS.Signals;

type Health = {
  readonly status: string;
  readonly endpoints: number;
  readonly failing: number;
  readonly checks_per_second: number;
  readonly lateness_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly missed_ticks: number;
  readonly scaling_limit_hit: boolean;
  readonly transitions_unsaved: number;
  readonly not_checked_yet: number;
};

/** One life of a monitor. */
export type Monitor = {
  readonly pid: number;
  /** Resolves to itself once it says that it runs; rejects with what it said when it ends before. */
  readonly started: () => Promise<Monitor>;
  /** What this life has logged so far. */
  readonly log: () => readonly LogLine[];
  /** What it has said beside its log: errors of its start. */
  readonly said: () => string;
  readonly get: <T>(path: string, withinMs?: number) => Promise<T>;
  readonly health: (withinMs?: number) => Promise<Health>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** The same to every process of its group: programs of checks have groups of their own. */
  readonly signalGroup: (name: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
};

export type MonitorOptions = {
  readonly endpoints: string;
  readonly data: string;
  readonly logFile: string;
  readonly workers: number;
  readonly environment?: { readonly [variable: string]: string };
};

/** Whole lines only: the last one may be half written. */
const linesOf = (text: string): readonly LogLine[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line));

/** The monitor as `npm start` runs it, without npm, its log in a file that outlives it: the lives of a folder share it. */
export const startMonitor = ({ endpoints, data, logFile, workers, environment }: MonitorOptions): Monitor => {
  const file = openSync(logFile, 'a');
  const from = statSync(logFile).size;
  const args = ['--endpoints', endpoints, '--data', data, '--workers', String(workers), '--port', '0'];
  const child = spawn(process.execPath, [...nodeFlags, START, ...args, '--log', 'json'], {
    stdio: ['ignore', file, file],
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...nodeEnvironment, ...environment },
    detached: true,
  });
  closeSync(file);
  const pid = child.pid ?? 0;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 1));
  });
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });

  const text = (): string => readFileSync(logFile).subarray(from).toString();
  const log = (): readonly LogLine[] => linesOf(text());
  const said = (): string =>
    text()
      .split('\n')
      .filter(line => !line.startsWith('{'))
      .join('\n')
      .trim();

  let url: string | null = null;
  const monitor: Monitor = {
    pid,
    started: async () => {
      const line = await within(STARTS_WITHIN_MS, () => {
        const found = log().find(({ kind }) => kind === 'started');
        if (!found && isOver) throw new Error(`the monitor ended before it ran: ${text().slice(-500)}`);
        return found ?? null;
      });
      if (!line) throw new Error(`the monitor did not start within ${STARTS_WITHIN_MS / 1000} s`);
      if (line.invalid_files !== 0)
        throw new Error(`files of a scenario are invalid: ${text().slice(0, 500)}`);
      url = String(line.url);
      return monitor;
    },
    log,
    said,
    get: async (path, withinMs = ANSWERS_WITHIN_MS) => {
      const response = await fetch(url + path, { signal: AbortSignal.timeout(withinMs) });
      return response.json() as never;
    },
    health: withinMs => monitor.get<Health>('/health', withinMs),
    signal: name => end(pid, name),
    signalGroup: name => end(-pid, name),
    ended,
  };
  return monitor;
};
