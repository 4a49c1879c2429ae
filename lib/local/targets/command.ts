import type { Clock } from '../../domain/clock.ts';
import { KILL_WAIT_MS, startProgram } from '../../program/start-program.ts';

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
/** From SIGINT to SIGKILL. */
const GRACE_MS = 1000;

/** Keeps the end of what comes. */
const createTail = () => {
  let tail = Buffer.alloc(0);
  return {
    add: (chunk: Buffer): void => {
      tail = Buffer.concat([tail, chunk]).subarray(-MAX_OUTPUT_BYTES);
    },
    text: (): string => tail.toString(),
  };
};

/** Runs a program without a shell, in a process group of its own. Never rejects; after `timeoutMs`, or when
 *  `signal` aborts, the whole group is stopped. What it leaves behind when it ends by itself lives on. */
export const runCommand = async (
  clock: Clock,
  { argv, env, stdin, timeoutMs }: Command,
  signal: AbortSignal,
): Promise<CommandEnd> => {
  if (signal.aborted) return { kind: 'aborted' };
  const [program = '', ...args] = argv;
  const tail = createTail();
  let stoppedBy: StoppedBy | null = null;
  const started = startProgram(clock, { program, args, env, stdin, onOutput: tail.add, leftovers: 'left' });

  let cancel = (): void => {};
  const stop = (by: StoppedBy): void => {
    unwatch();
    stoppedBy = by;
    started.signal('SIGINT');
    cancel = clock.after(GRACE_MS, () => {
      started.signal('SIGKILL');
      cancel = clock.after(KILL_WAIT_MS, started.abandon);
    });
  };
  const abort = (): void => stop('aborted');
  const cancelTimeout = clock.after(timeoutMs, () => stop('timeout'));
  signal.addEventListener('abort', abort, { once: true });
  const unwatch = (): void => {
    cancelTimeout();
    signal.removeEventListener('abort', abort);
  };

  const end = await started.ended;
  unwatch();
  cancel();
  if (end.kind === 'not-started') return end;
  if (stoppedBy !== null) {
    started.signal('SIGKILL');
    return { kind: stoppedBy };
  }
  return end.exitCode === null
    ? { kind: 'signal', signal: end.signal ?? 'a signal', output: tail.text() }
    : { kind: 'exit', code: end.exitCode, output: tail.text() };
};
