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

/** A clock set back by more than this leaves entries waiting in a future that will not come soon. */
const SET_BACK_MS = 1000;

export const createTimers = (clock: Clock, onSetBack: () => void): Timers => {
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
  let lastTurnMs = clock.nowMs();
  const turn = (): void => {
    const nowMs = clock.nowMs();
    if (nowMs < lastTurnMs - SET_BACK_MS) onSetBack();
    lastTurnMs = nowMs;
    armedForMs = Number.POSITIVE_INFINITY;
    turning = true;
    wheel.expire(nowMs);
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
