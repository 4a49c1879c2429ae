import type { Clock } from '../../domain/clock.ts';
import { createRateLimit } from './rate-limit.ts';

/** A rate that the files change is noticed after this time. */
const LONGEST_WAIT_MS = 1000;

/** Takes a turn at a rate that may change: 0, or after how many milliseconds to ask again. */
export const takeTurnsAt = (
  clock: Pick<Clock, 'monotonicMs'>,
  maxPerSecond: () => number,
): (() => number) => {
  const limit = createRateLimit(maxPerSecond());
  return () => {
    limit.change(maxPerSecond());
    return Math.min(limit.take(clock.monotonicMs()), LONGEST_WAIT_MS);
  };
};
