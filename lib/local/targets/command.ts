import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../domain/clock.ts';
import { watchSession } from '../../program/watch-session.ts';

export type Command = {
  readonly argv: readonly string[];
  readonly env: { readonly [variable: string]: string | undefined };
  readonly stdin: string;
  readonly timeoutMs: number;
};

type StoppedBy = 'timeout' | 'aborted';

/** `output`: the last 64 KiB of what it wrote, both streams as they came. */
export type CommandEnd =
  | { readonly kind: 'not-started'; readonly error: string }
  | { readonly kind: StoppedBy }
  | { readonly kind: 'exit'; readonly code: number; readonly output: string }
  | { readonly kind: 'signal'; readonly signal: string; readonly output: string };

const MAX_OUTPUT_BYTES = 64 * 1024;
/** From SIGINT to SIGKILL, and from there to giving up on a process that hangs in the kernel. */
const GRACE_MS = 1000;
/** What a command has left behind may hold its output open for so long. */
const PIPE_WAIT_MS = 200;

const spawnMessage = (error: unknown, program: string): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${program} was not found`;
  if (code === 'EACCES') return `${program} may not be executed`;
  return message;
};

const signalGroup = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
};

/** Reads all that comes, so that the command never blocks, and keeps the end. */
const keepTail = ({ stdout, stderr }: ChildProcess): (() => string) => {
  let tail = Buffer.alloc(0);
  const keep = (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MAX_OUTPUT_BYTES);
  };
  stdout?.on('data', keep);
  stderr?.on('data', keep);
  return () => tail.toString();
};

/** Gives the input; a command that does not read it closes the pipe, which is no failure. */
const feed = ({ stdin }: ChildProcess, text: string): void => {
  stdin?.on('error', () => {});
  stdin?.end(text);
};

/** Stops the whole group: SIGINT, SIGKILL a second later, and another second later `giveUp`. */
const stopGroup = (clock: Clock, child: ChildProcess, giveUp: () => void): (() => void) => {
  signalGroup(child, 'SIGINT');
  let cancel = clock.after(GRACE_MS, () => {
    signalGroup(child, 'SIGKILL');
    cancel = clock.after(GRACE_MS, giveUp);
  });
  return () => cancel();
};

const watch = (clock: Clock, child: ChildProcess, command: Command, signal: AbortSignal) =>
  new Promise<CommandEnd>(resolve => {
    const output = keepTail(child);
    const unwatchSession = child.pid === undefined ? () => {} : watchSession(child.pid);
    let stoppedBy: StoppedBy | null = null;
    let cancelStop = () => {};

    const stop = (by: StoppedBy) => {
      unwatch();
      stoppedBy = by;
      cancelStop = stopGroup(clock, child, () => end({ kind: by }));
    };
    const abort = () => stop('aborted');
    const cancelTimeout = clock.after(command.timeoutMs, () => stop('timeout'));
    signal.addEventListener('abort', abort, { once: true });
    const unwatch = () => {
      cancelTimeout();
      signal.removeEventListener('abort', abort);
    };

    const end = (result: CommandEnd) => {
      unwatchSession();
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
      // To start the next command from the callback itself would starve timers.
      setImmediate(resolve, result);
    };
    child.once('error', error => {
      if (child.pid !== undefined) return;
      unwatch();
      end({ kind: 'not-started', error: spawnMessage(error, command.argv[0] ?? '') });
    });
    child.once('exit', (code, killedBy) => {
      unwatch();
      cancelStop();
      const settle = () => {
        cancelWait();
        child.off('close', settle);
        if (stoppedBy !== null) {
          signalGroup(child, 'SIGKILL');
          end({ kind: stoppedBy });
        } else if (code !== null) end({ kind: 'exit', code, output: output() });
        else end({ kind: 'signal', signal: killedBy ?? 'a signal', output: output() });
      };
      const cancelWait = clock.after(PIPE_WAIT_MS, settle);
      child.once('close', settle);
    });
  });

/** Runs a program without a shell, in a process group of its own. Never rejects; after `timeoutMs`, or when
 *  `signal` aborts, the whole group is stopped. What it leaves behind when it ends by itself lives on. */
export const runCommand = async (
  clock: Clock,
  command: Command,
  signal: AbortSignal,
): Promise<CommandEnd> => {
  if (signal.aborted) return { kind: 'aborted' };
  const [program = '', ...args] = command.argv;
  try {
    const child = spawn(program, args, { env: command.env, detached: true, stdio: 'pipe' });
    feed(child, command.stdin);
    return await watch(clock, child, command, signal);
  } catch (error) {
    return { kind: 'not-started', error: spawnMessage(error, program) };
  }
};
