import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../domain/clock.ts';
import { type GroupSignal, signalGroup } from './signal-group.ts';
import { startError } from './start-error.ts';
import { watchSession } from './watch-session.ts';

/** After its end a program's children may hold its output open for so long. */
export const PIPE_WAIT_MS = 200;
/** A process that even SIGKILL does not end hangs in the kernel: it must not hang who waits for it. */
export const KILL_WAIT_MS = 1000;

export type ProgramToStart = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: { readonly [variable: string]: string | undefined };
  /** null: there is nothing to read. */
  readonly stdin: string | null;
  readonly onOutput: (chunk: Buffer, from: 'stdout' | 'stderr') => void;
  /** What becomes of those that still hold its output open 200 ms after its end. */
  readonly leftovers: 'killed' | 'left';
};

type ProgramEnd =
  | { readonly kind: 'not-started'; readonly error: string }
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly signal: string | null };

export type StartedProgram = {
  readonly ended: Promise<ProgramEnd>;
  /** To its whole group. */
  readonly signal: (name: GroupSignal) => void;
  /** Waits for it no longer. */
  readonly abandon: () => void;
};

const notStarted = (ended: Promise<ProgramEnd>): StartedProgram => ({
  ended,
  signal: () => {},
  abandon: () => {},
});

const watch = (
  clock: Clock,
  child: ChildProcess,
  id: number,
  leftovers: ProgramToStart['leftovers'],
): StartedProgram => {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  const unwatch = watchSession(id);
  // Not from the callback itself: who starts the next program there starves timers.
  const end = (exitCode: number | null, signal: string | null): void => {
    unwatch();
    setImmediate(resolve, { kind: 'ended', exitCode, signal });
  };
  const closePipes = (): void => {
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  };
  child.once('exit', () => {
    const cancel = clock.after(PIPE_WAIT_MS, () => {
      if (leftovers === 'killed') signalGroup(id, 'SIGKILL');
      closePipes();
    });
    child.once('close', cancel);
  });
  child.once('close', end);
  return {
    ended: promise,
    signal: name => signalGroup(id, name),
    abandon: () => {
      closePipes();
      end(child.exitCode, child.signalCode);
    },
  };
};

/** Forks this process, and starts a program without a shell, leader of a session and of a process group of its own, which
 *  are killed when this process dies. Never throws. */
export const startProgram = (
  clock: Clock,
  { program, args, env, stdin, onOutput, leftovers }: ProgramToStart,
): StartedProgram => {
  let child: ChildProcess;
  try {
    const input = stdin === null ? 'ignore' : 'pipe';
    child = spawn(program, args, { detached: true, stdio: [input, 'pipe', 'pipe'], env });
  } catch (error) {
    return notStarted(Promise.resolve({ kind: 'not-started', error: startError(error, program) }));
  }
  const failed = new Promise<ProgramEnd>(resolve => {
    child.on('error', error => resolve({ kind: 'not-started', error: startError(error, program) }));
  });
  if (child.pid === undefined) return notStarted(failed);
  child.stdout?.on('data', chunk => onOutput(chunk, 'stdout'));
  child.stderr?.on('data', chunk => onOutput(chunk, 'stderr'));
  // A program that does not read it closes the pipe, which is no failure.
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  return watch(clock, child, child.pid, leftovers);
};
