import type { Clock } from '../domain/clock.ts';
import type { Phase } from '../local/phase.ts';
import { endNow } from '../process/end-now.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** From the first signal to the end of the process, whatever still hangs. */
const ENDS_WITHIN_MS = 3000;

/** npm passes Ctrl-C on to a process that has had it from the terminal, and a service's end likewise: what comes so soon
 *  after the first signal is the same wish. */
const SAME_WISH_MS = 300;

/** What had not come to its end, and what becomes of it. */
const UNFINISHED: { readonly [phase in Phase]: string } = {
  loading: 'the endpoint files were still being read',
  opening: 'the database was still being opened',
  running:
    'checks were still in flight, or states being saved. What is not saved is lost, what is not delivered is sent at the next start',
  closing: 'the HTTP API or the watch over the endpoint files did not close. All states are saved',
  'closing-store': 'the database did not close. What it has saved is kept',
  flushing: 'nobody read the end of the log. All states are saved',
};

/** `signal` aborts at the first signal that asks the process to end. It ends by itself then, and calls `done`. Where it
 *  does not within 3 s, or is asked a second time, it is ended, and `tell` is told what was not finished. */
export const askedToEnd = (
  clock: Clock,
  phase: () => Phase,
  tell: (line: string) => void,
): { readonly signal: AbortSignal; readonly done: () => void } => {
  const asked = new AbortController();
  let askedAtMs = 0;
  let cancel = (): void => {};
  const cut = (why: string): never => {
    tell(`${why}: ${UNFINISHED[phase()]}.`);
    return endNow();
  };
  const onSignal = (): void => {
    if (!asked.signal.aborted) {
      askedAtMs = clock.monotonicMs();
      cancel = clock.after(ENDS_WITHIN_MS, () => cut(`it did not end within ${ENDS_WITHIN_MS / 1000} s`));
      asked.abort();
    } else if (clock.monotonicMs() - askedAtMs > SAME_WISH_MS) cut('asked a second time to end');
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { signal: asked.signal, done: () => cancel() };
};
