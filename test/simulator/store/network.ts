import type { SimulatedProcess } from '../machine/process.ts';
import type { Scheduler } from '../machine/scheduler.ts';
import type { Random } from '../world/random.ts';
import { between, chance } from '../world/random.ts';
import type { Fault } from '../world/world.ts';

type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { readonly kind: Kind }>;
type NetworkFault = FaultOf<'outage' | 'lossy' | 'slow-store'>;

/** The store answers so fast when it does well. */
const LEAST_MS = 0.3;
const MOST_MS = 4;
/** A client gives up a call that is not answered: three attempts of 3 s. */
const GIVES_UP_AFTER_MS = 9000;
/** Whoever lost an answer hears a reset connection this soon. */
const RESET_AFTER_MS = 40;

const isNetworkFault = (fault: Fault): fault is NetworkFault =>
  fault.kind === 'outage' || fault.kind === 'lossy' || fault.kind === 'slow-store';

/** What becomes of one call. `requestMs`: until the store does it; null: it never does. `answerMs`: from then on, or from
 *  the call on, until the caller hears; `heard` false: that it failed. */
export type Fate = {
  readonly requestMs: number | null;
  readonly answerMs: number;
  readonly heard: boolean;
};

/** The way to the store, of one process. */
export const createNetwork = (
  faults: readonly Fault[],
  jobset: string,
  random: Random,
): { readonly fateAt: (nowMs: number) => Fate } => {
  const mine = faults
    .filter(isNetworkFault)
    .filter(fault => fault.kind !== 'outage' || fault.jobset === null || fault.jobset === jobset);

  const outage = ({ how }: FaultOf<'outage'>): Fate =>
    how === 'refused'
      ? { requestMs: null, answerMs: between(random, 0.2, 5), heard: false }
      : { requestMs: null, answerMs: GIVES_UP_AFTER_MS, heard: false };

  return {
    fateAt: nowMs => {
      let requestMs = between(random, LEAST_MS, MOST_MS);
      let answerMs = between(random, LEAST_MS, MOST_MS);
      for (const fault of mine) {
        if (nowMs < fault.atMs || nowMs >= fault.atMs + fault.forMs) continue;
        if (fault.kind === 'outage') return outage(fault);
        if (fault.kind === 'slow-store') {
          requestMs += random() * fault.delayMs;
          answerMs += random() * fault.delayMs;
        } else if (chance(random, fault.ratio)) {
          const lostAfterMs = chance(random, 0.5) ? RESET_AFTER_MS : GIVES_UP_AFTER_MS;
          return {
            requestMs: fault.lost === 'request' ? null : requestMs,
            answerMs: lostAfterMs,
            heard: false,
          };
        }
      }
      return { requestMs, answerMs, heard: true };
    },
  };
};

export type CallFailed = (call: string, why: string, done: boolean) => void;

/** Calls over such a way. What is on its way when the process dies is done or not. */
export const createCaller =
  (
    scheduler: Scheduler,
    process: SimulatedProcess,
    network: ReturnType<typeof createNetwork>,
    random: Random,
    isOver: () => boolean,
    onFailed: CallFailed,
  ) =>
  <Answer>(name: string, perform: () => Answer, signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (isOver()) return reject(new Error('the world is over'));
      const fate = network.fateAt(scheduler.nowMs());
      let over = false;
      const abort = (): void => {
        over = true;
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      const hear = (answer: { readonly is: Answer } | null): void => {
        if (over) return;
        signal.removeEventListener('abort', abort);
        if (fate.heard && answer) return resolve(answer.is);
        onFailed(name, fate.answerMs < GIVES_UP_AFTER_MS ? 'connection reset' : 'no answer', answer !== null);
        reject(
          new Error(fate.answerMs < GIVES_UP_AFTER_MS ? 'connection reset' : 'the store does not answer'),
        );
      };
      if (fate.requestMs === null) return process.answer(fate.answerMs, () => hear(null));
      scheduler.at(scheduler.nowMs() + fate.requestMs, () => {
        if (!process.isAlive() && chance(random, 0.5)) return;
        const answer = { is: perform() };
        process.answer(fate.answerMs, () => hear(answer));
      });
    });

export type Call = ReturnType<typeof createCaller>;
