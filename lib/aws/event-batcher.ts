import type { Clock } from '../domain/clock.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { MAX_EVENT_BYTES, mayShareEvent, merged, type Publication } from './publish-event.ts';

/** What is asked within this time goes into one call: a call costs as much CPU as 40 to 80 checks. */
const GATHER_MS = 5;
const EVENTS_A_CALL = 10;
/** EventBridge takes 1 MB. */
const BYTES_A_CALL = 900_000;
const CALLS_AT_ONCE = 4;
/** What would wait beyond this fails, and the outbox repeats it. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
/** From being asked to the outcome, whatever is before it. */
const LONGEST_MS = 20_000;

export type EventBatcherDeps = {
  readonly clock: Clock;
  /** One call, with the outcome of each. Bounded in time, never rejects. */
  readonly put: (events: readonly Publication[], signal: AbortSignal) => Promise<readonly Outcome[]>;
};

type Ask = {
  readonly publication: Publication;
  readonly bytes: number;
  readonly answer: (outcome: Outcome) => void;
};

/** One event to be, for all that asked. */
type EventBatch = {
  readonly transitionId: string | null;
  readonly asks: Set<Ask>;
  /** At most: what the asks have in common is counted for each. */
  bytes: number;
  /** One of them waits no longer. */
  onLeave: (ask: Ask) => void;
};

const failed = (error: string): Outcome => ({ kind: 'failed', error, afterMs: null });

const eventFor = ({ asks }: EventBatch): Publication =>
  merged([...asks].map(({ publication }) => publication));

/** The way to one bus: a bus that is slow or refuses holds up no other. */
export const createEventBatcher = ({ clock, put }: EventBatcherDeps) => {
  const waiting = new Set<EventBatch>();
  /** Batch that further channels of a transition may join, by transition. */
  const joinable = new Map<string, EventBatch>();
  let waitingBytes = 0;
  let underWay = 0;
  let gathering = false;

  const remove = (batch: EventBatch): void => {
    waiting.delete(batch);
    const { transitionId } = batch;
    if (transitionId !== null && joinable.get(transitionId) === batch) joinable.delete(transitionId);
  };

  const newBatch = (transitionId: string | null): EventBatch => {
    const batch: EventBatch = {
      transitionId,
      asks: new Set(),
      bytes: 0,
      onLeave: ask => {
        batch.bytes -= ask.bytes;
        waitingBytes -= ask.bytes;
        if (batch.asks.size === 0) remove(batch);
      },
    };
    waiting.add(batch);
    if (transitionId !== null) joinable.set(transitionId, batch);
    return batch;
  };

  const batchFor = ({ publication, bytes }: Ask): EventBatch => {
    if (publication.kind === 'eventbridge') return newBatch(null);
    const known = joinable.get(publication.transitionId);
    const mayJoin =
      known !== undefined &&
      known.bytes + bytes <= MAX_EVENT_BYTES &&
      [...known.asks].every(ask => mayShareEvent(ask.publication, publication));
    return mayJoin ? known : newBatch(publication.transitionId);
  };

  const take = (): readonly EventBatch[] => {
    const taken: EventBatch[] = [];
    let bytes = 0;
    for (const batch of waiting) {
      if (taken.length === EVENTS_A_CALL || bytes + batch.bytes > BYTES_A_CALL) break;
      taken.push(batch);
      bytes += batch.bytes;
      remove(batch);
    }
    waitingBytes -= bytes;
    return taken;
  };

  const call = async (batches: readonly EventBatch[]): Promise<void> => {
    const nobodyWaits = new AbortController();
    for (const batch of batches)
      batch.onLeave = () => {
        if (batches.every(({ asks }) => asks.size === 0)) nobodyWaits.abort();
      };
    underWay++;
    const outcomes = await put(batches.map(eventFor), nobodyWaits.signal);
    underWay--;
    for (const [n, { asks }] of batches.entries())
      for (const { answer } of asks) answer(outcomes[n] as Outcome);
    pump();
  };

  const pump = (): void => {
    while (waiting.size > 0 && underWay < CALLS_AT_ONCE) void call(take());
  };

  const gather = (): void => {
    if (waiting.size >= EVENTS_A_CALL) return pump();
    if (gathering) return;
    gathering = true;
    clock.after(GATHER_MS, () => {
      gathering = false;
      pump();
    });
  };

  return {
    publish: (publication: Publication, bytes: number, signal: AbortSignal): Promise<Outcome> =>
      new Promise(resolve => {
        if (signal.aborted) return resolve(failed('stopped before EventBridge was called'));
        if (waitingBytes + bytes > MOST_WAITING_BYTES)
          return resolve(failed('EventBridge is too slow: too many events wait for it'));
        const answer = (outcome: Outcome): void => {
          cancelLimit();
          signal.removeEventListener('abort', stop);
          resolve(outcome);
        };
        const leave = (why: string): void => {
          batch.asks.delete(ask);
          batch.onLeave(ask);
          answer(failed(why));
        };
        const stop = (): void => leave('stopped before EventBridge answered');
        const cancelLimit = clock.after(LONGEST_MS, () =>
          leave(`EventBridge did not answer within ${LONGEST_MS / 1000} s`),
        );
        signal.addEventListener('abort', stop, { once: true });
        const ask: Ask = { publication, bytes, answer };
        const batch = batchFor(ask);
        batch.asks.add(ask);
        batch.bytes += bytes;
        waitingBytes += bytes;
        gather();
      }),
  };
};

export type EventBatcher = ReturnType<typeof createEventBatcher>;
