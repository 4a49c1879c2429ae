import { BatchGetItemCommand, BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import type { Database } from './dynamodb-client.ts';
import type { Item, Key } from './items.ts';

const KEYS_A_CALL = 100;
const WRITES_A_CALL = 25;
const READS_AT_ONCE = 4;
const TIMES_IN_VAIN = 6;
const FIRST_WAIT_MS = 50;

/** Repeats with what the database left undone: soon while it gets on, twice as late each time while it does not. */
const untilAllDone = async <Work>(
  { clock }: Database,
  work: readonly Work[],
  call: (work: readonly Work[]) => Promise<readonly Work[]>,
  signal: AbortSignal,
): Promise<void> => {
  let left = work;
  for (let inVain = 0; inVain < TIMES_IN_VAIN; ) {
    const undone = await call(left);
    if (undone.length === 0) return;
    inVain = undone.length < left.length ? 0 : inVain + 1;
    left = undone;
    await clock.sleep(FIRST_WAIT_MS * 2 ** inVain, signal);
    signal.throwIfAborted();
  }
  throw new Error(`DynamoDB is overloaded: ${left.length} of ${work.length} items are still waiting`);
};

const slices = <Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, n) => values.slice(n * size, (n + 1) * size));

/** The items that exist, in any order. Keys must differ. */
export const readItems =
  (db: Database) =>
  async (keys: readonly Key[], signal: AbortSignal): Promise<readonly Item[]> => {
    const found: Item[] = [];
    const readSome = async (some: readonly Key[]): Promise<readonly Key[]> => {
      const { Responses, UnprocessedKeys } = await db.client.send(
        new BatchGetItemCommand({ RequestItems: { [db.table]: { Keys: [...some], ConsistentRead: true } } }),
        { abortSignal: signal },
      );
      found.push(...(Responses?.[db.table] ?? []));
      return (UnprocessedKeys?.[db.table]?.Keys ?? []) as readonly Item[] as readonly Key[];
    };
    const batches = slices(keys, KEYS_A_CALL).values();
    const readInTurn = async (): Promise<void> => {
      for (const batch of batches) await untilAllDone(db, batch, readSome, signal);
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, readInTurn));
    return found;
  };

const writeAll =
  (db: Database) =>
  async (requests: readonly WriteRequest[], signal: AbortSignal): Promise<void> => {
    const writeSome = async (some: readonly WriteRequest[]): Promise<readonly WriteRequest[]> => {
      const { UnprocessedItems } = await db.client.send(
        new BatchWriteItemCommand({ RequestItems: { [db.table]: [...some] } }),
        { abortSignal: signal },
      );
      return UnprocessedItems?.[db.table] ?? [];
    };
    for (const batch of slices(requests, WRITES_A_CALL)) await untilAllDone(db, batch, writeSome, signal);
  };

/** Puts each item, whatever stands there. Keys must differ. */
export const putItems = (db: Database) => (items: readonly Item[], signal: AbortSignal) =>
  writeAll(db)(
    items.map(Item => ({ PutRequest: { Item } })),
    signal,
  );
