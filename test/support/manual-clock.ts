import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, sleepWith } from '../../lib/domain/clock.ts';

export type ManualClock = Clock & {
  /** Lets time pass: every timer fires at its instant, and what it sets going runs before the next one. */
  readonly advance: (ms: number) => Promise<void>;
  /** The process is busy for so long: no timer fires meanwhile. */
  readonly work: (ms: number) => void;
  /** The system's clock is set to another time; what is monotonic does not notice. */
  readonly setBack: (ms: number) => void;
  /** The machine is suspended for so long. */
  readonly suspend: (ms: number) => void;
};

/** A sum with the epoch's milliseconds is exact to a quarter of a microsecond: finer timers would not move the time. */
const RESOLUTION_MS = 1 / 64;

/** Time that passes only by `advance`. */
export const manualClock = (startMs = 1_790_000_000_000): ManualClock => {
  let passedMs = 0;
  let offsetMs = startMs;
  let suspendedMs = 0;
  const timers = new Map<() => void, number>();

  const after: Clock['after'] = (ms, run) => {
    const fire = () => run();
    timers.set(fire, passedMs + Math.ceil(Math.max(0, ms) / RESOLUTION_MS) * RESOLUTION_MS);
    return () => timers.delete(fire);
  };

  const earliest = (untilMs: number): readonly [() => void, number] | null => {
    let first: readonly [() => void, number] | null = null;
    for (const timer of timers) if (timer[1] <= untilMs && (!first || timer[1] < first[1])) first = timer;
    return first;
  };

  return {
    nowMs: () => offsetMs + passedMs,
    monotonicMs: () => passedMs,
    uptimeMs: () => passedMs + suspendedMs,
    after,
    sleep: sleepWith(after),
    advance: async ms => {
      const untilMs = passedMs + ms;
      await nextTurn();
      for (let timer = earliest(untilMs); timer; timer = earliest(untilMs)) {
        timers.delete(timer[0]);
        passedMs = Math.max(passedMs, timer[1]);
        timer[0]();
        await nextTurn();
      }
      passedMs = Math.max(passedMs, untilMs);
    },
    work: ms => {
      passedMs += ms;
    },
    setBack: ms => {
      offsetMs -= ms;
    },
    suspend: ms => {
      offsetMs += ms;
      suspendedMs += ms;
    },
  };
};
