import type { Clock } from '../../domain/clock.ts';
import type { Mode } from './mode.ts';
import type { Term } from './term.ts';

const LOOK_EVERY_MS = 20;
/** A burst stays so long for endpoints that fail and are checked more often meanwhile: the next one comes in a minute. */
const STAYS_MS = 50_000;
const CARES_MS = 8000;

/** Resolves when a burst or a drain is done. A burst ends with its last check, however long that takes. */
export const untilDone = async (
  clock: Clock,
  term: Term,
  mode: Exclude<Mode, { readonly kind: 'loop' }>,
  signal: AbortSignal,
): Promise<void> => {
  const begunAtMs = clock.nowMs();
  const isDone = (nowMs: number): boolean =>
    mode.kind === 'burst'
      ? term.restsUntil(Math.max(nowMs, begunAtMs + STAYS_MS))
      : !term.isDelivering() || nowMs - begunAtMs > CARES_MS;
  while (!signal.aborted && !isDone(clock.nowMs())) await clock.sleep(LOOK_EVERY_MS, signal);
};
