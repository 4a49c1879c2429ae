import { createWheel, type Entry } from '../../schedule/wheel.ts';
import type { SteadyClock } from './steady-clock.ts';

/** Every instant that the engine waits for, on one wheel driven by one timer of the clock. */
export type Timers = {
  readonly set: (entry: Entry, atMs: number) => void;
  readonly cancel: (entry: Entry) => void;
  /** Something comes due every `periodMs`. */
  readonly expectPeriod: (periodMs: number) => void;
  /** Runs what is overdue as soon as the event that is handled is over, though others that came with it wait: of a burst
   *  of answers Node hands out thousands before it looks at its timers. */
  readonly catchUp: () => void;
  /** What would end a wait may be there already, unread: the present turn is one of `catchUp`, or comes late. */
  readonly mayBeUnread: () => boolean;
  /** Whole milliseconds in which the loop stood still although something was due, since the start: a pause of the process, a
   *  machine without a free core, a long collection of garbage. Whoever asks may have held it up itself for the last
   *  `ownMs`. */
  readonly stoodStillMs: (nowMs: number, ownMs?: number) => number;
  /** Until when the loop turned without a gap: of one that is just over, its beginning. */
  readonly turnedUntilMs: () => number;
  /** What is missed now was missed in a pause that is just over, not under a load that lasts. */
  readonly isRecovering: (nowMs: number) => boolean;
  /** Since when an entry is overdue without the timer having fired; 0 when it is not. */
  readonly overdueMs: () => number;
  /** Follows the clock, which may have been set to another time since the last turn. */
  readonly sync: () => void;
  readonly stop: () => void;
};

/** Least time between turns: this part of the shortest period, and `MOST_APART_MS` at most. 10,000 requests a second on
 *  bare sockets take 12.2 µs each with a turn every 2 ms, 15.3 with one every millisecond; they go out 0.7 ms later. */
const APART_RATIO = 0.02;
const MOST_APART_MS = 2;

/** A timer of Node is not exact to the millisecond: what is overdue waits so long for it. */
const PATIENCE_MS = 2;

/** Most turns by `catchUp` before the timer must have fired on time again. An overloaded loop always has something
 *  overdue and would never read answers (`workers`, 50,000 due/s: 17,000 run without the bound, 26,000 with it). */
const MOST_CAUGHT_UP = 8;

/** A turn that comes later than this was held up. Collections of garbage stay below it. */
const STOOD_STILL_FROM_MS = 20;
/** A gap from here on is not vouched for before what fell silent in it is saved, which takes a moment. */
const GAP_FROM_MS = 1000;
const GAP_SETTLES_MS = 3000;
/** A gap that comes sooner after another is no pause, but a machine that is too busy. */
const PAUSES_APART_MS = 30_000;

/** `onStep`: the clock was set to another time by so much; all that waits here is shifted already. */
export const createTimers = (clock: SteadyClock, onStep: (byMs: number) => void): Timers => {
  const wheel = createWheel(clock.nowMs());
  let cancelTimer = () => {};
  let armedForMs = Number.POSITIVE_INFINITY;
  let stopped = false;
  let apartMs = MOST_APART_MS;
  /** Turns that were not the timer's, since two in a row were and the second was in time. */
  let caughtUp = 0;
  /** The present turn is late, or not the timer's. */
  let unread = false;
  let isTimers = true;
  let stillMs = 0;
  let gap = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.NEGATIVE_INFINITY, isPause: true };

  const arm = (dueMs: number): void => {
    const nowMs = clock.nowMs();
    const atMs = Math.max(dueMs, lastTurnMs + apartMs);
    if (stopped || atMs === armedForMs) return;
    cancelTimer();
    armedForMs = atMs;
    cancelTimer = clock.after(atMs - nowMs, onTimer);
  };

  const sync = (): void => {
    const byMs = clock.sync();
    if (byMs === 0) return;
    lastTurnMs += byMs;
    armedForMs += byMs;
    gap = { ...gap, fromMs: gap.fromMs + byMs, untilMs: gap.untilMs + byMs };
    wheel.shift(byMs, clock.nowMs());
    onStep(byMs);
  };

  const heldUpMs = (nowMs: number): number => {
    const lateMs = nowMs - armedForMs;
    return lateMs > STOOD_STILL_FROM_MS ? lateMs : 0;
  };

  /** While the wheel turns, entries only join it: the timer is set once, at the end. */
  let turning = false;
  let lastTurnMs = clock.nowMs();
  const turn = (): void => {
    sync();
    const nowMs = clock.nowMs();
    const heldMs = heldUpMs(nowMs);
    stillMs += Math.round(heldMs);
    if (heldMs >= GAP_FROM_MS) {
      const fromMs = nowMs - heldMs;
      gap = { fromMs, untilMs: nowMs, isPause: fromMs - gap.untilMs > PAUSES_APART_MS };
    }
    // Between two turns of the timer everything was read that was there.
    unread = !isTimers || (heldMs > 0 && !unread);
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
    expectPeriod: periodMs => {
      apartMs = Math.min(apartMs, APART_RATIO * periodMs);
    },
    catchUp: () => {
      if (turning || catchingUp || caughtUp === MOST_CAUGHT_UP) return;
      if (clock.nowMs() < armedForMs + PATIENCE_MS) return;
      catchingUp = true;
      queueMicrotask(turnNow);
    },
    mayBeUnread: () => turning && unread,
    stoodStillMs: (nowMs, ownMs = 0) => stillMs + Math.max(0, Math.round(heldUpMs(nowMs) - ownMs)),
    turnedUntilMs: () => {
      const nowMs = clock.nowMs();
      const heldMs = heldUpMs(nowMs);
      if (heldMs >= GAP_FROM_MS) return nowMs - heldMs;
      return nowMs < gap.untilMs + GAP_SETTLES_MS ? gap.fromMs : nowMs;
    },
    isRecovering: nowMs => gap.isPause && nowMs < gap.untilMs + GAP_SETTLES_MS,
    overdueMs: () => Math.max(0, clock.nowMs() - armedForMs),
    sync,
    stop: () => {
      stopped = true;
      cancelTimer();
    },
  };
};
