import type { Clock } from '../domain/clock.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** From the first signal to the end of the process, whatever still hangs. */
const ENDS_WITHIN_MS = 3000;

/** `signal` aborts at the first signal that asks the process to end. It ends by itself then, and calls `done`; where it
 *  does not within 3 s, or is asked a second time, it is ended: `onCut` hears of it first. */
export const askedToEnd = (
  clock: Clock,
  onCut: (why: string) => void,
): { readonly signal: AbortSignal; readonly done: () => void } => {
  const asked = new AbortController();
  let cancel = (): void => {};
  const cut = (why: string): never => {
    onCut(why);
    process.exit(1);
  };
  const onSignal = (): void => {
    if (asked.signal.aborted) cut('asked a second time to end');
    asked.abort();
    cancel = clock.after(ENDS_WITHIN_MS, () => cut(`it did not end within ${ENDS_WITHIN_MS / 1000} s`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { signal: asked.signal, done: () => cancel() };
};
