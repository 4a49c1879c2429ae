import type { Clock } from '../domain/clock.ts';
import type { Duty, Term } from './term.ts';

const LOOK_EVERY_MS = 20;
/** A visit stays so long for endpoints that fail and are checked more often meanwhile: the next one comes in a minute. */
const STAYS_MS = 50_000;
const CARES_MS = 8000;

/** Resolves when a duty that is not lasting is done, or its time is over. */
export const untilDone = async (
  clock: Clock,
  term: Term,
  duty: Exclude<Duty, { readonly kind: 'watch' }>,
  signal: AbortSignal,
): Promise<void> => {
  const untilMs = clock.nowMs() + (duty.kind === 'visit' ? STAYS_MS : CARES_MS);
  const isDone = () => (duty.kind === 'visit' ? term.restsUntil(untilMs) : !term.isDelivering());
  while (!signal.aborted && clock.nowMs() < untilMs && !isDone()) await clock.sleep(LOOK_EVERY_MS, signal);
};
