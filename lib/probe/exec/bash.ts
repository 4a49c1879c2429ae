import type { SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Clock } from '../../domain/clock.ts';
import { type CoProcess, openCoProcess } from './co-process.ts';

/** Job control gives each program its own group, and makes bash say on its standard error which end was by a signal.
 *  4 and 5 are pipes, as bash 5.1 makes them for a text: it opens them again for a program to write to, the monitor
 *  opens them to read. */
const PRELUDE = "exec 2>&3 4<<<'' 5<<<''; read -r -u 4; read -r -u 5\nset -m\necho ready >&3\n";

export type Bash = CoProcess & {
  /** Begins each line about a program, and nobody knows it before. */
  readonly name: string;
  /** Ends with the last process that writes to it. */
  readonly openPipe: (descriptor: 4 | 5) => Socket;
};

/** null: it needs Linux and bash 5.1, which Lambda's image has. */
export const openBash = async (clock: Clock, environment: NodeJS.ProcessEnv): Promise<Bash | null> => {
  if (process.platform !== 'linux') return null;
  const name = `peregrine-${randomUUID()}`;
  const options: SpawnOptions = {
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    env: environment,
    argv0: name,
  };
  // -p: it reads no files that the environment names.
  const bash = await openCoProcess(clock, 'bash', ['-p', '-s'], options, PRELUDE);
  if (bash === null) return null;
  const fileOf = (descriptor: 4 | 5): string => `/proc/${bash.pid}/fd/${descriptor}`;
  const openPipe = (descriptor: 4 | 5): Socket =>
    new Socket({
      fd: openSync(fileOf(descriptor), constants.O_RDONLY | constants.O_NONBLOCK),
      writable: false,
    });
  try {
    if (statSync(fileOf(4)).isFIFO() && statSync(fileOf(5)).isFIFO()) return { ...bash, name, openPipe };
  } catch {
    // A system that hides a process's descriptors.
  }
  bash.commands.end();
  return null;
};
