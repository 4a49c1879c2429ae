import type { Clock } from '../../domain/clock.ts';
import { createWheel, type Entry } from '../../schedule/wheel.ts';

/** Every instant that the engine waits for, on one wheel driven by one timer of the clock. */
export type Timers = {
  readonly set: (entry: Entry, atMs: number) => void;
  readonly cancel: (entry: Entry) => void;
  /** Something comes due every `periodMs`. */
  readonly mind: (periodMs: number) => void;
  /** Runs what is overdue as soon as the event that is handled is over, though others that came with it wait: of a burst
   *  of answers Node hands out thousands before it looks at its timers. */
  readonly catchUp: () => void;
  /** This turn is such a one: what would end a wait may be there already, unread. */
  readonly isCatchingUp: () => boolean;
  /** Since when an entry is overdue without the timer having fired; 0 when it is not. */
  readonly overdueMs: () => number;
  readonly stop: () => void;
};

/** Turns are so far apart at least: of the shortest period that part, and this at most. 10,000 requests a second on bare
 *  sockets take 12.2 µs each with a turn every 2 ms, 15.3 with one every millisecond; they go out 0.7 ms later. */
const APART_RATIO = 0.02;
const MOST_APART_MS = 2;

/** For so long what is overdue waits for the timer: it is not exact to the millisecond. */
const PATIENCE_MS = 2;

/** So often, until the timer is in time again by itself: a loop that is given more than it can do has always something
 *  overdue. Of 50,000 checks due each second, three workers that went on with that before they had heard what they asked
 *  already did 17,000 instead of 26,000. */
const MOST_CAUGHT_UP = 8;

/** A clock set back by more than this leaves entries waiting in a future that will not come soon. */
const SET_BACK_MS = 1000;

export const createTimers = (clock: Clock, onSetBack: () => void): Timers => {
  const wheel = createWheel(clock.nowMs());
  let cancelTimer = () => {};
  let armedForMs = Number.POSITIVE_INFINITY;
  let stopped = false;
  let apartMs = MOST_APART_MS;
  /** Turns that were not the timer's, since two in a row were and the second was in time. */
  let caughtUp = 0;
  /** The present turn, or the last one. */
  let isTimers = true;

  const arm = (dueMs: number): void => {
    const nowMs = clock.nowMs();
    // Of a clock that was set back, the last turn lies in the future.
    const atMs = Math.max(dueMs, Math.min(lastTurnMs, nowMs) + apartMs);
    if (stopped || atMs === armedForMs) return;
    cancelTimer();
    armedForMs = atMs;
    cancelTimer = clock.after(atMs - nowMs, onTimer);
  };

  /** While the wheel turns, entries only join it: the timer is set once, at the end. */
  let turning = false;
  let lastTurnMs = clock.nowMs();
  const turn = (): void => {
    const nowMs = clock.nowMs();
    if (nowMs < lastTurnMs - SET_BACK_MS) onSetBack();
    lastTurnMs = nowMs;
    armedForMs = Number.POSITIVE_INFINITY;
    // To clear a timer that fires takes as long as to set one.
    cancelTimer = () => {};
    turning = true;
    wheel.expire(nowMs);
    turning = false;
    arm(wheel.nextAtMs());
  };

  let catchingUp = false;
  const turnNow = (): void => {
    catchingUp = false;
    if (stopped) return;
    cancelTimer();
    isTimers = false;
    caughtUp++;
    turn();
  };
  const onTimer = (): void => {
    if (isTimers && clock.nowMs() < armedForMs + PATIENCE_MS) caughtUp = 0;
    isTimers = true;
    turn();
  };

  return {
    set: (entry, atMs) => {
      wheel.add(entry, atMs);
      if (!turning && atMs < armedForMs) arm(atMs);
    },
    cancel: wheel.remove,
    mind: periodMs => {
      apartMs = Math.min(apartMs, APART_RATIO * periodMs);
    },
    catchUp: () => {
      if (turning || catchingUp || caughtUp === MOST_CAUGHT_UP) return;
      if (clock.nowMs() < armedForMs + PATIENCE_MS) return;
      catchingUp = true;
      queueMicrotask(turnNow);
    },
    isCatchingUp: () => turning && !isTimers,
    overdueMs: () => Math.max(0, clock.nowMs() - armedForMs),
    stop: () => {
      stopped = true;
      cancelTimer();
    },
  };
};
