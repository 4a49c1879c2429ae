import type { Clock } from '../../domain/clock.ts';

/** A clock whose spans are those of the monotonic one: `nowMs` never jumps but in `sync`. */
export type SteadyClock = Clock & {
  /** Follows the system's clock, and answers by how much that was set to another time; 0 when it was not. Whoever waits
   *  for instants shifts them by as much. Time in which the machine was suspended has passed, and is no such step. */
  readonly sync: () => number;
};

/** A difference from here on is a step; a smaller one is drift and followed gradually. */
const STEP_FROM_MS = 250;
/** Part of the time that passes by which drift is followed: more than any clock drifts, less than a limit notices. */
const MOST_SLEW = 0.02;
/** The resolution of `uptimeMs`, and then some. */
const SUSPENDED_FROM_MS = 100;

export const createSteadyClock = (system: Clock): SteadyClock => {
  let offsetMs = system.nowMs() - system.monotonicMs();
  let syncedAtMs = system.monotonicMs();
  const sleptAtAll = (): number => system.uptimeMs() - system.monotonicMs();
  let sleptMs = sleptAtAll();

  /** Since it was last asked. */
  const suspendedMs = (): number => {
    const before = sleptMs;
    const passedMs = sleptAtAll() - before;
    if (passedMs < SUSPENDED_FROM_MS) return 0;
    sleptMs = before + passedMs;
    return passedMs;
  };

  return {
    ...system,
    nowMs: () => offsetMs + system.monotonicMs(),
    sync: () => {
      const monotonicMs = system.monotonicMs();
      const slewMs = MOST_SLEW * (monotonicMs - syncedAtMs);
      syncedAtMs = monotonicMs;
      const aheadMs = system.nowMs() - monotonicMs - offsetMs;
      if (Math.abs(aheadMs) < STEP_FROM_MS) {
        offsetMs += Math.max(-slewMs, Math.min(aheadMs, slewMs));
        return 0;
      }
      const passedMs = suspendedMs();
      const stepMs = aheadMs - passedMs;
      offsetMs += passedMs;
      if (Math.abs(stepMs) < STEP_FROM_MS) return 0;
      offsetMs += stepMs;
      return stepMs;
    },
  };
};
