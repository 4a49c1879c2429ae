import type { Clock } from '../../domain/clock.ts';
import { backOffMs } from '../pacing/back-off.ts';
import type { History } from '../ports/history.ts';
import type { Parcel } from './outbox-entry.ts';

export type HistoryLaneDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly history: History;
  readonly onDone: (parcel: Parcel) => void;
  readonly onIdle: () => void;
  readonly signal: AbortSignal;
};

/** Ten BatchWriteItems. */
const BATCH = 250;
const RETRY = { firstMs: 100, mostMs: 10_000 };
/** In a storm batches fill up meanwhile, one call then writes what would have cost 25, and what is to be saved and
 *  sent goes first. */
const BATCHES_APART_MS = 50;

/** Writes every transition into the history: what came while one batch was written makes the next. */
export const createHistoryLane = ({ clock, random, history, onDone, onIdle, signal }: HistoryLaneDeps) => {
  let queue: Parcel[] = [];
  let busy = false;

  const writeBatch = async (batch: readonly Parcel[]): Promise<void> => {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await history.append(
          batch.map(parcel => parcel.transition),
          signal,
        );
        return batch.forEach(onDone);
      } catch {
        await clock.sleep(backOffMs(attempt, RETRY, random), signal);
      }
    }
  };

  const writeAll = async (): Promise<void> => {
    busy = true;
    while (queue.length > 0 && !signal.aborted) {
      const batch = queue.slice(0, BATCH);
      queue = queue.slice(BATCH);
      await writeBatch(batch);
      await clock.sleep(BATCHES_APART_MS, signal);
    }
    busy = false;
    onIdle();
  };

  return {
    push: (parcel: Parcel): void => {
      queue.push(parcel);
      if (!busy) void writeAll();
    },
    isIdle: (): boolean => !busy,
  };
};
