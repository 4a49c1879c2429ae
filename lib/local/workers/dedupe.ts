import type { Clock } from '../../domain/clock.ts';

const WITHIN_MS = 2000;
const MOST_KNOWN = 100;

/** Several workers notice the same thing: the same words within 2 s are told once. */
export const dedupe = (clock: Clock, tell: (message: string) => void): ((message: string) => void) => {
  const toldAtMs = new Map<string, number>();
  return message => {
    const nowMs = clock.monotonicMs();
    if (nowMs - (toldAtMs.get(message) ?? Number.NEGATIVE_INFINITY) < WITHIN_MS) return;
    if (toldAtMs.size >= MOST_KNOWN) toldAtMs.clear();
    toldAtMs.set(message, nowMs);
    tell(message);
  };
};
