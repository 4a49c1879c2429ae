import { paginateQuery, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { HISTORY_MS, MOST_AHEAD_MS, parsePlace } from '../domain/history.ts';
import { table } from '../domain/table.ts';
import type { History } from '../engine/ports/history.ts';
import { putItems } from './batches.ts';
import type { Database } from './dynamodb-client.ts';
import {
  historyItem,
  historyPartition,
  historySk,
  type Item,
  instant,
  monthOf,
  string,
  stringIn,
  transitionIn,
} from './items.ts';

/** The first day of the month before the one of `atMs`. */
const previousMonth = (atMs: number): number => {
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1);
};

/** The months that touch [fromMs, toMs], newest first. */
const monthsBetween = function* (fromMs: number, toMs: number): Generator<string> {
  const first = monthOf(fromMs);
  for (let atMs = toMs; monthOf(atMs) >= first; atMs = previousMonth(atMs)) yield monthOf(atMs);
};

const inMonth = (month: string) => ({
  IndexName: table.monthsIndex.name,
  names: { '#partition': 'month' },
  partition: month,
});
const inPartition = (partition: string) => ({ names: { '#partition': 'pk' }, partition });

type Span = { readonly fromSk: string; readonly toSk: string };

/** The items of one partition from `fromSk` to `toSk`, both included, newest first. */
const newestFirst = ({ client, table }: Database, signal: AbortSignal) =>
  async function* (
    { names, partition, ...index }: ReturnType<typeof inMonth> | ReturnType<typeof inPartition>,
    { fromSk, toSk }: Span,
    pageSize: number,
  ): AsyncGenerator<Item> {
    const query: QueryCommandInput = {
      TableName: table,
      ...index,
      KeyConditionExpression: '#partition = :partition AND sk BETWEEN :from AND :to',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: {
        ':partition': string(partition),
        ':from': string(fromSk),
        ':to': string(toSk),
      },
      ScanIndexForward: false,
      Limit: pageSize,
    };
    for await (const { Items } of paginateQuery({ client }, query, { abortSignal: signal }))
      yield* Items ?? [];
  };

/** Transitions older than `HISTORY_MS` are not listed, whether or not DynamoDB has deleted them yet. */
export const createHistory = (db: Database): History => ({
  append: async (transitions, signal) => {
    const different = new Map(transitions.map(transition => [transition.id, transition]));
    await putItems(db)([...different.values()].map(historyItem), signal);
  },

  list: async ({ endpoint, before, limit }, signal) => {
    const nowMs = db.clock.nowMs();
    const horizonMs = nowMs - HISTORY_MS;
    const latest = parsePlace(String(nowMs + MOST_AHEAD_MS));
    const wanted = before === null ? latest : parsePlace(before);
    const end = historySk(wanted) < historySk(latest) ? wanted : latest;
    const span = { fromSk: instant(horizonMs), toSk: historySk(end) };
    if (span.fromSk > span.toSk) return [];
    const partitions =
      endpoint === null
        ? Iterator.from(monthsBetween(horizonMs, end.atMs)).map(inMonth)
        : [inPartition(historyPartition(endpoint))];
    const found: Item[] = [];
    for (const partition of partitions) {
      for await (const item of newestFirst(db, signal)(partition, span, limit + 1)) {
        if (found.length === limit) break;
        if (stringIn(item, 'sk') < span.toSk) found.push(item);
      }
      if (found.length === limit) break;
    }
    return found.map(transitionIn);
  },
});
