import type { Clock } from '../domain/clock.ts';
import { createWheel, type Entry } from '../schedule/wheel.ts';

/** Every instant that the engine waits for, on one wheel driven by one timer of the clock. */
export type Timers = {
  readonly set: (entry: Entry, atMs: number) => void;
  readonly cancel: (entry: Entry) => void;
  /** Since when an entry is overdue without the timer having fired; 0 when it is not. */
  readonly overdueMs: () => number;
  readonly stop: () => void;
};

export const createTimers = (clock: Clock): Timers => {
  const wheel = createWheel(clock.nowMs());
  let cancelTimer = () => {};
  let armedForMs = Number.POSITIVE_INFINITY;
  let stopped = false;

  const arm = (atMs: number): void => {
    if (stopped || atMs === armedForMs) return;
    cancelTimer();
    armedForMs = atMs;
    cancelTimer = clock.after(atMs - clock.nowMs(), turn);
  };

  /** While the wheel turns, entries only join it: the timer is set once, at the end. */
  let turning = false;
  const turn = (): void => {
    turning = true;
    armedForMs = Number.POSITIVE_INFINITY;
    wheel.expire(clock.nowMs());
    turning = false;
    arm(wheel.nextAtMs());
  };

  return {
    set: (entry, atMs) => {
      wheel.add(entry, atMs);
      if (!turning && atMs < armedForMs) arm(atMs);
    },
    cancel: wheel.remove,
    overdueMs: () => Math.max(0, clock.nowMs() - armedForMs),
    stop: () => {
      stopped = true;
      cancelTimer();
    },
  };
};
