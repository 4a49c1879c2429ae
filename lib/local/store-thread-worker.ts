import { parentPort, workerData } from 'node:worker_threads';
import { type Database, dynamodbClient } from '../aws/dynamodb-client.ts';
import { createHistory, removeExpiredHistory } from '../aws/history.ts';
import { createLeaseStore, releaseAbandonedLease } from '../aws/lease-store.ts';
import { createRuleStore } from '../aws/rule-store.ts';
import { createTable } from '../aws/table.ts';
import { systemClock } from '../domain/clock.ts';
import type { CallMessage, Housekeeping, ReplyMessage, StoreThreadData } from './store-thread.ts';

const { address, table } = workerData as StoreThreadData;
const client = dynamodbClient(address);
const db: Database = { client, table, clock: systemClock };

/** A caller that no longer waits does not wait here either; what is under way ends by its own time limits. */
const signal = new AbortController().signal;

const housekeeping: Housekeeping = {
  prepare: async jobset => {
    await createTable(client, table, signal);
    await releaseAbandonedLease(db)(jobset, signal).catch(() => {});
  },
  removeExpired: () => removeExpiredHistory(db)(signal),
};

const stores = {
  store: createRuleStore(db),
  leases: createLeaseStore(db),
  history: createHistory(db),
  housekeeping,
};

const answer = async ({ call, of, name, parameters }: CallMessage): Promise<ReplyMessage> => {
  try {
    const calls = stores[of] as unknown as {
      readonly [name: string]: (...given: unknown[]) => Promise<unknown>;
    };
    return { call, value: await calls[name]?.(...parameters, signal) };
  } catch (error) {
    return { call, error: error instanceof Error ? error.message : String(error) };
  }
};

parentPort?.on('message', (message: CallMessage | 'close') => {
  if (message === 'close') {
    client.destroy();
    parentPort?.close();
    return;
  }
  void answer(message).then(reply => parentPort?.postMessage(reply));
});
