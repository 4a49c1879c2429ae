import {
  DeleteItemCommand,
  paginateQuery,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { RuleId } from '../domain/rule.ts';
import { putItems } from './batches.ts';
import { change } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import {
  booleanIn,
  type Item,
  number,
  pendingItems,
  pendingKey,
  recipientsIn,
  ruleKey,
  SPILLED_AT_ONCE,
  spilledVersion,
} from './items.ts';

const LATEST_VERSION = 10 ** 12 - 1;

/** Makes room in a full rule item: its newest pending transitions move into items of their own.
 *
 *  1. `spilled` is set: from now on whoever reads looks there too    (a crash: nothing there yet)
 *  2. the transitions are copied                                     (a crash: in both places, merged by version)
 *  3. they are removed from the rule's item
 *
 *  Only what was committed in the rule's item is ever copied, so no copy can contradict it. */
export const spillNewest =
  (db: Database) =>
  async (epoch: number, id: RuleId, item: Item, signal: AbortSignal): Promise<'spilled' | 'fenced'> => {
    const marking = {
      key: ruleKey(id),
      when: 'epoch <= :epoch',
      values: { ':epoch': number(epoch), ':yes': { BOOL: true } },
    };
    if (!booleanIn(item, 'spilled')) {
      const marked = await change(db)({ ...marking, update: 'SET spilled = :yes' }, signal);
      if (marked.kind === 'refused') return 'fenced';
    }
    const newest = [...pendingItems(item)].sort(([a], [b]) => b - a).slice(0, SPILLED_AT_ONCE);
    const waiting = newest.filter(([, entry]) => recipientsIn(entry).length > 0);
    await putItems(db)(
      waiting.map(([version, entry]) => ({ ...pendingKey(id, version), ...entry })),
      signal,
    );
    const moved = await change(db)(
      {
        ...marking,
        update: `SET spilled = :yes REMOVE ${newest.map((_, n) => `pending.#v${n}`).join(', ')}`,
        names: Object.fromEntries(newest.map(([version], n) => [`#v${n}`, String(version)])),
      },
      signal,
    );
    return moved.kind === 'changed' ? 'spilled' : 'fenced';
  };

const spilledAfter = ({ table }: Database, id: RuleId, version: number): QueryCommandInput => ({
  TableName: table,
  KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
  ExpressionAttributeValues: {
    ':pk': pendingKey(id, version).pk,
    ':first': pendingKey(id, version + 1).sk,
    ':last': pendingKey(id, LATEST_VERSION).sk,
  },
  ConsistentRead: true,
});

/** The first `count` spilled transitions after `afterVersion` that somebody still waits for, by version. */
export const readSpilled =
  (db: Database) =>
  async (
    id: RuleId,
    afterVersion: number,
    count: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Item>> => {
    const found = new Map<number, Item>();
    const query = { ...spilledAfter(db, id, afterVersion), Limit: count };
    for await (const { Items = [] } of paginateQuery(db, query, { abortSignal: signal }))
      for (const item of Items) {
        if (found.size === count) return found;
        if (recipientsIn(item).length > 0) found.set(spilledVersion(item), item);
      }
    return found;
  };

/** Takes names off a spilled transition; the last one takes it away, and the last of all takes the mark off the rule. */
export const acknowledgeSpilled =
  (db: Database) =>
  async (
    epoch: number,
    id: RuleId,
    version: number,
    to: readonly string[],
    signal: AbortSignal,
  ): Promise<void> => {
    const key = pendingKey(id, version);
    const left = await change(db)(
      {
        key,
        update: `REMOVE ${to.map((_, n) => `#to.#t${n}`).join(', ')}`,
        when: 'attribute_exists(pk)',
        names: { '#to': 'to', ...Object.fromEntries(to.map((name, n) => [`#t${n}`, name])) },
      },
      signal,
      'item',
    );
    if (left.kind === 'changed') {
      if (recipientsIn(left.item).length > 0) return;
      await db.client.send(new DeleteItemCommand({ TableName: db.table, Key: key }), { abortSignal: signal });
    }
    const { Count } = await db.client.send(new QueryCommand({ ...spilledAfter(db, id, 0), Limit: 1 }), {
      abortSignal: signal,
    });
    if (Count !== 0) return;
    await change(db)(
      {
        key: ruleKey(id),
        update: 'REMOVE spilled',
        when: 'epoch <= :epoch',
        values: { ':epoch': number(epoch) },
      },
      signal,
    );
  };
