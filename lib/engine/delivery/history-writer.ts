import type { Clock } from '../../domain/clock.ts';
import { backOffMs } from '../pacing/back-off.ts';
import type { History } from '../ports/history.ts';
import type { OutboxEntry } from './outbox-entry.ts';

export type HistoryWriterDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly history: History;
  readonly onDone: (entry: OutboxEntry) => void;
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
export const createHistoryWriter = ({
  clock,
  random,
  history,
  onDone,
  onIdle,
  signal,
}: HistoryWriterDeps) => {
  let queue: OutboxEntry[] = [];
  let busy = false;

  const writeBatch = async (batch: readonly OutboxEntry[]): Promise<void> => {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await history.append(
          batch.map(entry => entry.transition),
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
    push: (entry: OutboxEntry): void => {
      queue.push(entry);
      if (!busy) void writeAll();
    },
    isIdle: (): boolean => !busy,
  };
};
