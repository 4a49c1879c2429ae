import { type Clock, sleepWith } from '../../../lib/domain/clock.ts';
import type { SimulatedEvent } from './event-queue.ts';
import type { Scheduler } from './scheduler.ts';

/** When the world begins, by a clock that is right. */
const START_AT_MS = 1_790_000_000_000;

/** A machine's wall clock, and how long it slept: one for all its processes. */
export type Machine = { offsetMs: number; readonly driftRatio: number; suspendedMs: number };

export const newMachine = (driftRatio: number, offsetMs = 0): Machine => ({
  offsetMs,
  driftRatio,
  suspendedMs: 0,
});

export type Pause = {
  readonly forMs: number;
  /** `suspended`: its monotonic clock stands still too. */
  readonly how: 'stopped' | 'suspended';
  /** What a loop looks at first after it. */
  readonly answersFirst: boolean;
};

export type SimulatedProcess = {
  readonly name: string;
  readonly machine: Machine;
  readonly clock: Clock & { readonly uptimeMs: () => number };
  readonly isAlive: () => boolean;
  readonly isPaused: () => boolean;
  /** Since the last pause, or the start. */
  readonly awakeForMs: () => number;
  /** Runs `run` when something from outside is read, `afterMs` from now: not while the process stands still. */
  readonly answer: (afterMs: number, run: () => void) => void;
  /** Of a suspended machine, whoever suspends it counts that in `Machine`. */
  readonly pause: (pause: Pause) => void;
  /** Nothing of it runs any more. */
  readonly kill: () => void;
  /** For the end of the world: whatever stood still in it goes on, so that it can end and be forgotten. */
  readonly raise: () => void;
};

type Waiting = { readonly kind: 'timer' | 'answer'; run: (() => void) | null; event: SimulatedEvent | null };

/** A process with a loop of its own: timers, answers, and pauses in which neither is looked at. */
export const createProcess = (scheduler: Scheduler, machine: Machine, name: string): SimulatedProcess => {
  let alive = true;
  let pausedUntilMs = 0;
  const timers = new Set<Waiting>();
  /** What came while it stood still. */
  let missed: Waiting[] = [];

  const isPaused = (): boolean => scheduler.nowMs() < pausedUntilMs;

  const come = (waiting: Waiting): void => {
    if (!waiting.run) return;
    if (!alive || isPaused()) {
      missed.push(waiting);
      return;
    }
    timers.delete(waiting);
    waiting.run();
  };

  const expect = (waiting: Waiting, atMs: number): void => {
    waiting.event = scheduler.at(atMs, () => come(waiting));
  };

  const wake = (first: Waiting['kind']): void => {
    if (!alive || isPaused()) return;
    const inOrder = [
      ...missed.filter(({ kind }) => kind === first),
      ...missed.filter(({ kind }) => kind !== first),
    ];
    missed = [];
    for (const waiting of inOrder) expect(waiting, scheduler.nowMs());
  };

  /** Timers are of the monotonic clock. */
  const putOffTimers = (byMs: number): void => {
    for (const timer of timers) {
      if (!timer.event?.run) continue;
      timer.event.run = null;
      expect(timer, timer.event.atMs + byMs);
    }
  };

  const after: Clock['after'] = (ms, run) => {
    const timer: Waiting = { kind: 'timer', run, event: null };
    timers.add(timer);
    expect(timer, scheduler.nowMs() + Math.max(0, Math.ceil(ms)));
    return () => {
      timers.delete(timer);
      timer.run = null;
      if (timer.event) timer.event.run = null;
    };
  };

  return {
    name,
    machine,
    clock: {
      nowMs: () => START_AT_MS + scheduler.nowMs() * (1 + machine.driftRatio) + machine.offsetMs,
      monotonicMs: () => scheduler.nowMs() - machine.suspendedMs,
      uptimeMs: () => scheduler.nowMs(),
      after,
      sleep: sleepWith(after),
    },
    isAlive: () => alive,
    isPaused,
    awakeForMs: () => scheduler.nowMs() - pausedUntilMs,
    answer: (afterMs, run) => expect({ kind: 'answer', run, event: null }, scheduler.nowMs() + afterMs),
    pause: ({ forMs, how, answersFirst }) => {
      const untilMs = scheduler.nowMs() + forMs;
      if (how === 'suspended') putOffTimers(forMs);
      pausedUntilMs = Math.max(pausedUntilMs, untilMs);
      scheduler.at(untilMs, () => wake(answersFirst ? 'answer' : 'timer'));
    },
    kill: () => {
      alive = false;
    },
    raise: () => {
      alive = true;
      pausedUntilMs = 0;
      wake('timer');
    },
  };
};
