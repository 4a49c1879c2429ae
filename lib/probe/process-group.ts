import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../domain/clock.ts';
import type { ExecCheck } from '../domain/endpoint.ts';
import { codeOf, messageOf } from './text.ts';

const MAX_OUTPUT_BYTES = 64 * 1024;
/** After its end a program's children may hold its output open for so long. */
const PIPE_WAIT_MS = 200;
/** A process that even SIGKILL does not end hangs in the kernel: it must not hang the check. */
const KILL_WAIT_MS = 1000;

export type Ended = {
  readonly kind: 'ended';
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Standard output and error, as they came. */
  readonly output: string;
  readonly stdout: string;
  /** More than 64 KiB came. */
  readonly truncated: boolean;
  /** The last signal that was sent to it. */
  readonly sent: 'SIGINT' | 'SIGKILL' | null;
};

export type ProcessGroup = {
  readonly ended: Promise<Ended | { readonly kind: 'not-started'; readonly error: string }>;
  readonly signal: (name: 'SIGINT' | 'SIGKILL') => void;
};

const spawnError = (error: unknown, program: string): string => {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `there is no program "${program}"`;
    case 'EACCES':
      return `"${program}" may not be run: it is not executable, or a folder`;
    case 'E2BIG':
      return 'the arguments and the environment are too long';
    case 'ENOEXEC':
      return `"${program}" is not a program: does its first line lack "#!"?`;
    case 'EAGAIN':
    case 'ENOMEM':
      return 'the system cannot start more processes';
    case 'EMFILE':
    case 'ENFILE':
      return 'the monitor has too many files and connections open: raise its limit (ulimit -n)';
    default:
      return `"${program}" cannot be started: ${messageOf(error)}`;
  }
};

const commandOf = ({ command }: ExecCheck): readonly [string, readonly string[]] =>
  command.kind === 'shell' ? ['/bin/sh', ['-c', command.line]] : [command.program, command.arguments];

type Output = Pick<Ended, 'output' | 'stdout' | 'truncated'>;

/** Reads all that comes, so that the program never blocks, and keeps the beginning. */
const capture = ({ stdout, stderr }: ChildProcess): (() => Output) => {
  const all: Buffer[] = [];
  const fromStdout: Buffer[] = [];
  let roomBytes = MAX_OUTPUT_BYTES;
  let truncated = false;
  const keep = (chunk: Buffer, isStdout: boolean): void => {
    if (chunk.length > roomBytes) truncated = true;
    if (roomBytes === 0) return;
    const kept = chunk.subarray(0, roomBytes);
    roomBytes -= kept.length;
    all.push(kept);
    if (isStdout) fromStdout.push(kept);
  };
  stdout?.on('data', chunk => keep(chunk, true));
  stderr?.on('data', chunk => keep(chunk, false));
  return () => ({
    output: Buffer.concat(all).toString(),
    stdout: Buffer.concat(fromStdout).toString(),
    truncated,
  });
};

/** Starts a program in a process group of its own, with nothing on its standard input. */
export const startProcessGroup = (
  clock: Clock,
  check: ExecCheck,
  environment: NodeJS.ProcessEnv,
): ProcessGroup => {
  const [program, args] = commandOf(check);
  let child: ChildProcess;
  try {
    child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  } catch (error) {
    return {
      ended: Promise.resolve({ kind: 'not-started', error: spawnError(error, program) }),
      signal: () => {},
    };
  }
  const output = capture(child);
  let sent: Ended['sent'] = null;
  let giveUp = (): void => {};
  let cancelGiveUp = (): void => {};

  const kill = (name: 'SIGINT' | 'SIGKILL'): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  const signal: ProcessGroup['signal'] = name => {
    sent = name;
    kill(name);
    if (name === 'SIGKILL') cancelGiveUp = clock.after(KILL_WAIT_MS, giveUp);
  };

  const ended: ProcessGroup['ended'] = new Promise(resolve => {
    // Not from the callback itself: a check that starts the next process there starves timers.
    const end = (outcome: Awaited<ProcessGroup['ended']>): void => {
      cancelGiveUp();
      setImmediate(resolve, outcome);
    };
    const endWith = (exitCode: number | null, killedBy: string | null): void =>
      end({ kind: 'ended', exitCode, signal: killedBy, ...output(), sent });
    const closePipes = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    giveUp = () => {
      closePipes();
      endWith(child.exitCode, child.signalCode);
    };
    child.once('error', error => {
      if (child.pid === undefined) end({ kind: 'not-started', error: spawnError(error, program) });
    });
    child.once('exit', () => {
      const cancel = clock.after(PIPE_WAIT_MS, () => {
        kill('SIGKILL');
        closePipes();
      });
      child.once('close', cancel);
    });
    child.once('close', endWith);
  });
  return { ended, signal };
};
