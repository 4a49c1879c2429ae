import type { RuleId } from '../domain/rule.ts';
import {
  eachCounters,
  type PackedCounters,
  partsOf,
  type RuleCounters,
} from '../engine/ports/rule-counters.ts';
import type { RuleStore } from '../engine/ports/rule-store.ts';
import type { Database } from './database.ts';
import type { Sql } from './statements.ts';

/** 180 KB a part, and a millisecond. */
const RULES_A_PART = 2000;

type Head = { readonly epoch: number; readonly generation: number; readonly parts: number };
type PartRow = { readonly ids: string; readonly numbers: Uint8Array };

/** Two generations take turns, so that one is whole while the next is being written. */
const slotOf = (generation: number): number => generation % 2;

const headOf = (sql: Sql, jobset: string): Head =>
  (sql('SELECT epoch, generation, parts FROM checkpoint WHERE jobset = ?').get(jobset) as
    | Head
    | undefined) ?? {
    epoch: 0,
    generation: 0,
    parts: 0,
  };

const writeHead = (sql: Sql, jobset: string, { epoch, generation, parts }: Head): void => {
  sql('INSERT OR REPLACE INTO checkpoint (jobset, epoch, generation, parts) VALUES (?, ?, ?, ?)').run(
    jobset,
    epoch,
    generation,
    parts,
  );
};

const writePart = (sql: Sql, jobset: string, slot: number, part: number, counters: PackedCounters): void => {
  sql('INSERT OR REPLACE INTO checkpoint_part (jobset, slot, part, ids, numbers) VALUES (?, ?, ?, ?, ?)').run(
    jobset,
    slot,
    part,
    counters.ids,
    counters.numbers,
  );
};

/** Replaces the jobset's checkpoint, a part a turn. From the first on an earlier epoch is fenced; the last one makes the
 *  new generation the one that counts. */
export const writeCheckpoint =
  (db: Database): RuleStore['checkpoint'] =>
  async ({ jobset, epoch }, packed, signal) => {
    const parts = partsOf(packed, RULES_A_PART);
    let next = parts.next();
    for (let part = 0; !next.done; part++) {
      const counters = next.value;
      next = parts.next();
      const isLast = next.done === true;
      const outcome = await db.write(signal, sql => {
        const head = headOf(sql, jobset);
        if (head.epoch > epoch) return 'fenced';
        const generation = head.generation + 1;
        writePart(sql, jobset, slotOf(generation), part, counters);
        if (isLast) {
          const parts = part + 1;
          writeHead(sql, jobset, { epoch, generation, parts });
          sql('DELETE FROM checkpoint_part WHERE jobset = ? AND slot = ? AND part >= ?').run(
            jobset,
            slotOf(generation),
            parts,
          );
        } else if (head.epoch < epoch) writeHead(sql, jobset, { ...head, epoch });
        return 'saved';
      });
      if (outcome === 'fenced') return 'fenced';
    }
    return 'saved';
  };

/** As a view of numbers has to begin at a multiple of eight bytes. */
const numbersIn = ({ numbers }: PartRow): Float64Array =>
  new Float64Array(
    numbers.buffer.slice(numbers.byteOffset, numbers.byteOffset + numbers.byteLength) as ArrayBuffer,
  );

/** What a jobset's checkpoint has of the rules that are wanted. */
export const readCheckpoint =
  (db: Database) =>
  async (
    jobset: string,
    isWanted: (id: RuleId) => boolean,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RuleId, RuleCounters>> => {
    const found = new Map<RuleId, RuleCounters>();
    const { generation, parts } = await db.read(signal, sql => headOf(sql, jobset));
    const readPart = (part: number) =>
      db.read(signal, sql => {
        const row = sql(
          'SELECT ids, numbers FROM checkpoint_part WHERE jobset = ? AND slot = ? AND part = ?',
        ).get(jobset, slotOf(generation), part) as PartRow | undefined;
        if (!row) return;
        const packed = { ids: row.ids, numbers: numbersIn(row) };
        for (const [id, counters] of eachCounters(packed, isWanted)) found.set(id, counters);
      });
    for (let part = 0; part < parts; part++) await readPart(part);
    return found;
  };
