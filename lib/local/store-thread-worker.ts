import { parentPort, workerData } from 'node:worker_threads';
import { type Database, dynamodbClient } from '../aws/dynamodb-client.ts';
import { createHistory, removeExpiredHistory } from '../aws/history.ts';
import { createLeaseStore, releaseAbandonedLease } from '../aws/lease-store.ts';
import { createRuleStore } from '../aws/rule-store.ts';
import { createTable } from '../aws/table.ts';
import { systemClock } from '../domain/clock.ts';
import { giveWay } from '../process/thread-priority.ts';
import { openEmbeddedDynamodb } from './embedded-dynamodb.ts';
import { oncePerTurn } from './store/once-per-turn.ts';
import type { CallMessage, FromThread, Housekeeping, StoreThreadData } from './store-thread.ts';

const { dataDir, table } = workerData as StoreThreadData;

/** A caller that no longer waits does not wait here either: calls of this database end by themselves. */
const signal = new AbortController().signal;

const tell = oncePerTurn((messages: readonly FromThread[]) => parentPort?.postMessage(messages));

const housekeepingOf = (db: Database): Housekeeping => ({
  prepare: async jobset => {
    await createTable(db.client, table, signal);
    await releaseAbandonedLease(db)(jobset, signal).catch(() => {});
  },
  removeExpired: () => removeExpiredHistory(db)(signal),
});

const serve = (db: Database, close: () => Promise<void>): void => {
  const stores = {
    store: createRuleStore(db),
    leases: createLeaseStore(db),
    history: createHistory(db),
    housekeeping: housekeepingOf(db),
  };

  const answer = async ({ call, of, name, parameters }: CallMessage): Promise<FromThread> => {
    try {
      const calls = stores[of] as unknown as {
        readonly [name: string]: (...given: unknown[]) => Promise<unknown>;
      };
      return { kind: 'value', call, value: await calls[name]?.(...parameters, signal) };
    } catch (error) {
      return { kind: 'error', call, error: error instanceof Error ? error.message : String(error) };
    }
  };

  /** After the last answers are told. */
  const end = (): void => void setImmediate(() => parentPort?.close());

  parentPort?.on('message', (messages: readonly (CallMessage | 'close')[]) => {
    for (const message of messages)
      if (message === 'close') void close().then(end);
      else void answer(message).then(tell);
  });
};

// In a storm the database takes a core: checks that come late then are missed, what is saved late is not lost.
giveWay();
const opened = await openEmbeddedDynamodb(dataDir);
if (opened.kind === 'open') {
  const client = dynamodbClient(opened.address);
  serve({ client, table, clock: systemClock }, opened.close);
  tell({ kind: 'open' });
} else tell(opened);
