import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const script = (command: string): string =>
  fileURLToPath(new URL(`../../lib/cli/${command}.ts`, import.meta.url));

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'peregrine-test-'));

/** Writes files by their path below a new folder. */
export const folderOf = (files: { readonly [path: string]: string }, folder = newFolder()): string => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

type Environment = { readonly [variable: string]: string };

const start = (command: string, args: readonly string[], env: Environment, cwd?: string): ChildProcess =>
  spawn(process.execPath, [script(command), ...args], {
    ...(cwd && { cwd }),
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Runs a command of the product as its own process, to its end. */
export const runCommandLine = async (
  command: string,
  args: readonly string[],
  env: Environment = {},
  cwd?: string,
): Promise<Finished> => {
  const child = start(command, args, env, cwd);
  const texts = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', chunk => {
    texts.stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', chunk => {
    texts.stderr += chunk;
  });
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return { code, ...texts };
};

export type LogLine = { readonly kind: string; readonly [key: string]: unknown };

export type MonitorProcess = {
  readonly lines: readonly LogLine[];
  readonly url: string;
  /** Resolves with the first line, seen already or to come, for which it holds. */
  readonly line: (holds: (line: LogLine) => boolean) => Promise<LogLine>;
  readonly get: (path: string) => Promise<unknown>;
  readonly pid: number;
  /** What it wrote to standard error. */
  readonly errors: () => string;
  /** Of its worker processes that live (Linux). */
  readonly workers: () => readonly number[];
  /** Sends the signal and resolves to the exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>;
};

const WITHIN_MS = 15_000;

/** `npm start -- --log json` as a process of its own, once it has started. */
export const startMonitorProcess = async (
  args: readonly string[],
  env: Environment = {},
): Promise<MonitorProcess> => {
  const child = start('start', ['--log', 'json', '--port', '0', ...args], env);
  const lines: LogLine[] = [];
  const errors: string[] = [];
  const waiting = new Set<() => void>();
  child.stderr?.setEncoding('utf8').on('data', chunk => errors.push(chunk));
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', line => {
    lines.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const exited = new Promise<number | null>(resolve => child.once('exit', resolve));

  const line: MonitorProcess['line'] = holds =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find(holds);
        if (!found) return;
        settle();
        resolve(found);
      };
      const fail = (why: string): void => {
        settle();
        reject(
          new Error(`${why}: ${holds}\n${JSON.stringify(lines.slice(-10), null, 1)}\n${errors.join('')}`),
        );
      };
      const timer = setTimeout(() => fail('the line did not come'), WITHIN_MS);
      const settle = (): void => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      waiting.add(look);
      void exited.then(() => setImmediate(() => waiting.has(look) && fail('the monitor ended')));
      look();
    });

  const started = await line(({ kind }) => kind === 'started');
  const url = String(started.url);
  const pid = child.pid as number;
  return {
    pid,
    errors: () => errors.join(''),
    workers: () =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    lines,
    url,
    line,
    get: async path => (await fetch(url + path)).json(),
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
};
