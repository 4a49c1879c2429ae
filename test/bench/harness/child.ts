import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Context, Sample } from '../benchmark.ts';
import type { ClientParams } from '../client-process.ts';
import type { ServerParams, ServerReady } from '../server-process.ts';
import { pinnedTo } from './cores.ts';
import { nodeFlags } from './start-command.ts';

const scriptOf = (name: 'client' | 'server'): string =>
  fileURLToPath(new URL(`../${name}-process.ts`, import.meta.url));

/** No client lives longer, whatever becomes of it. */
const CLIENT_WITHIN_MS = 120_000;

const start = (
  name: 'client' | 'server',
  params: ClientParams | ServerParams,
  { cores, signal }: Context,
  prefix: readonly string[] = [],
): ChildProcess => {
  const [command = '', ...args] = [...pinnedTo(cores?.[name]), ...prefix, process.execPath];
  // References run as Node comes.
  const flags = 'client' in params && params.client === 'check-loop' ? nodeFlags : [];
  return spawn(command, [...args, ...flags, scriptOf(name), JSON.stringify(params)], {
    // A child ends with its standard input: none outlives the suite.
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
    ...(name === 'client' && { timeout: CLIENT_WITHIN_MS }),
    killSignal: 'SIGKILL',
  });
};

/** A child says one thing, as a line of JSON. */
const firstLine = (child: ChildProcess, what: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      reject(new Error(`${what} ended (${signal ?? code}) and said nothing`)),
    );
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', line => {
      try {
        resolve(JSON.parse(line));
      } catch (cause) {
        reject(new Error(`${what} said "${line}"`, { cause }));
      }
    });
  });

/** Runs a server, on the core of what is talked to, as long as `use` lasts. */
export const withServer = async <T>(
  context: Context,
  params: ServerParams,
  use: (server: ServerReady) => Promise<T>,
  prefix?: readonly string[],
): Promise<T> => {
  const child = start('server', params, context, prefix);
  try {
    return await use((await firstLine(child, `server ${params.server}`)) as ServerReady);
  } finally {
    child.kill('SIGKILL');
  }
};

/** Runs a client to its end, on the core of what is measured. */
export const runClient = async (
  context: Context,
  params: ClientParams,
  prefix?: readonly string[],
): Promise<Sample> => {
  const child = start('client', params, context, prefix);
  const sample = (await firstLine(child, `client ${params.client}`)) as Sample;
  child.kill('SIGKILL');
  return sample;
};

/** Runs a client that is not to come back. */
export const runToDeath = (context: Context, params: ClientParams): Promise<void> => {
  const child = start('client', params, context);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`client ${params.client} ended with ${code}`)),
    );
  });
};
