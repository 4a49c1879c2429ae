import type { Clock } from '../../domain/clock.ts';
import type { Duty } from './mode.ts';
import type { Term } from './term.ts';

const LOOK_EVERY_MS = 20;
/** A visit stays so long for endpoints that fail and are checked more often meanwhile: the next one comes in a minute. */
const STAYS_MS = 50_000;
const CARES_MS = 8000;

/** Resolves when a duty that is not lasting is done. A visit ends with its last check, however long that takes. */
export const untilDone = async (
  clock: Clock,
  term: Term,
  duty: Exclude<Duty, { readonly kind: 'watch' }>,
  signal: AbortSignal,
): Promise<void> => {
  const begunAtMs = clock.nowMs();
  const isDone = (nowMs: number): boolean =>
    duty.kind === 'visit'
      ? term.restsUntil(Math.max(nowMs, begunAtMs + STAYS_MS))
      : !term.isDelivering() || nowMs - begunAtMs > CARES_MS;
  while (!signal.aborted && !isDone(clock.nowMs())) await clock.sleep(LOOK_EVERY_MS, signal);
};
