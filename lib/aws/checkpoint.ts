import type { RuleId } from '../domain/rule.ts';
import { eachCounters, type PackedCounters, type RuleCounters } from '../engine/ports/rule-counters.ts';
import type { RuleStore } from '../engine/ports/rule-store.ts';
import { readItems } from './batches.ts';
import { change, readItem } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import {
  checkpointKey,
  checkpointRow,
  checkpointRows,
  checkpointRowsIn,
  chunkKey,
  type Item,
  type Key,
  MAX_CHUNK_CHARS,
  number,
  numberIn,
} from './items.ts';

/** Two generations take turns, so that one is whole while the next is being written. */
const slotOf = (generation: number): number => generation % 2;

const write =
  (db: Database, epoch: number, signal: AbortSignal) =>
  async (key: Key, update: string, values: Item): Promise<'saved' | 'fenced'> => {
    const outcome = await change(db)(
      {
        key,
        update: `SET epoch = :epoch, ${update}`,
        when: 'attribute_not_exists(pk) OR epoch <= :epoch',
        values: { ...values, ':epoch': number(epoch) },
      },
      signal,
    );
    return outcome.kind === 'changed' ? 'saved' : 'fenced';
  };

/** Rows in pieces of about `MAX_CHUNK_CHARS`, made one at a time: the event loop is free in between. */
const chunksOf = function* (counters: PackedCounters): Generator<readonly string[]> {
  let rows: string[] = [];
  let chars = 0;
  for (const [id, counted] of eachCounters(counters)) {
    const row = checkpointRow(id, counted);
    rows.push(row);
    chars += row.length;
    if (chars < MAX_CHUNK_CHARS) continue;
    yield rows;
    rows = [];
    chars = 0;
  }
  if (rows.length > 0) yield rows;
};

/** Replaces the jobset's checkpoint: one chunk stands in the head item itself, of several the head names the new
 *  generation once all are written. */
export const writeCheckpoint =
  (db: Database): RuleStore['checkpoint'] =>
  async ({ jobset, epoch }, counters, signal) => {
    const writeItem = write(db, epoch, signal);
    const head = checkpointKey(jobset);
    const chunks = chunksOf(counters);
    const first = chunks.next();
    const second = chunks.next();
    if (second.done)
      return writeItem(head, 'chunks = :none, chunk = :chunk', {
        ':none': number(0),
        ':chunk': checkpointRows(first.done ? [] : first.value),
      });

    const generation = numberIn((await readItem(db)(head, signal)) ?? {}, 'generation') + 1;
    let written = 0;
    for (const rows of [first.value ?? [], second.value, ...chunks]) {
      const key = chunkKey(jobset, slotOf(generation), written++);
      if ((await writeItem(key, 'chunk = :chunk', { ':chunk': checkpointRows(rows) })) === 'fenced')
        return 'fenced';
    }
    return writeItem(head, 'generation = :generation, chunks = :chunks REMOVE chunk', {
      ':generation': number(generation),
      ':chunks': number(written),
    });
  };

export const readCheckpoint =
  (db: Database) =>
  async (jobset: string, signal: AbortSignal): Promise<ReadonlyMap<RuleId, RuleCounters>> => {
    const head = (await readItem(db)(checkpointKey(jobset), signal)) ?? {};
    if (head.chunk) return new Map(checkpointRowsIn(head));
    const slot = slotOf(numberIn(head, 'generation'));
    // What an earlier, larger generation left behind the last chunk is not read.
    const keys = Array.from({ length: numberIn(head, 'chunks') }, (_, n) => chunkKey(jobset, slot, n));
    return new Map((await readItems(db)(keys, signal)).flatMap(checkpointRowsIn));
  };
