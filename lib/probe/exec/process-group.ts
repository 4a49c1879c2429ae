import type { Clock } from '../../domain/clock.ts';
import type { ExecCheck } from '../../domain/endpoint.ts';
import { type GroupSignal, signalGroup } from '../../program/signal-group.ts';
import { KILL_WAIT_MS, PIPE_WAIT_MS } from '../../program/start-program.ts';
import type { Output } from './output.ts';

export type Ended = Output & {
  readonly kind: 'ended';
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last signal that was sent to it. */
  readonly sent: GroupSignal | null;
};

type NotStarted = { readonly kind: 'not-started'; readonly error: string };

/** A program in a process group of its own, with nothing on its standard input. */
export type ProcessGroup = {
  readonly ended: Promise<Outcome>;
  readonly signal: (name: GroupSignal) => void;
};

/** Starts programs, one after the other. */
export type Starter = {
  readonly start: (command: ExecCheck['command']) => ProcessGroup;
  /** false: it starts no more. */
  readonly isUsable: () => boolean;
  readonly close: () => void;
};

type Outcome = Ended | NotStarted;

export const notStarted = (error: string): ProcessGroup => ({
  ended: Promise.resolve({ kind: 'not-started', error }),
  signal: () => {},
});

export type Run = ProcessGroup & {
  readonly sent: () => GroupSignal | null;
  readonly end: (outcome: Outcome) => void;
};

/** A program at work, until `end`. `giveUp` is called when it does not even end by SIGKILL. */
export const createRun = (clock: Clock, kill: (name: GroupSignal) => void, giveUp: () => void): Run => {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  let sent: GroupSignal | null = null;
  let isOver = false;
  let cancelGiveUp = (): void => {};
  return {
    ended: promise,
    sent: () => sent,
    signal: name => {
      // The group may be another program's by now.
      if (isOver) return;
      sent = name;
      kill(name);
      if (name === 'SIGKILL') cancelGiveUp = clock.after(KILL_WAIT_MS, giveUp);
    },
    end: outcome => {
      isOver = true;
      cancelGiveUp();
      resolve(outcome);
    },
  };
};

/** To be called at a program's end: whoever holds its output open still is ended soon. Returns a cancellation. */
export const endPipesSoon = (clock: Clock, groupId: number, closePipes: () => void): (() => void) =>
  clock.after(PIPE_WAIT_MS, () => {
    signalGroup(groupId, 'SIGKILL');
    closePipes();
  });
