import { isDeepStrictEqual } from 'node:util';
import type { RuleState } from '../domain/transition.ts';
import type { Holder, Pending, RuleStore } from '../engine/ports/rule-store.ts';
import type { Database } from './database.ts';
import { type RuleRow, stateIn, stateText, transitionText, waitingText } from './rows.ts';
import type { Sql } from './statements.ts';

//                        this save
//  version   … expected ─────┼───── expected + 1 …
//  epoch     … up to mine ───┼───── mine … later owner's
const UPDATE = `UPDATE rule SET jobset = ?, epoch = ?, version = ?, state = ?
  WHERE id = ? AND version = ? AND epoch <= ?`;
const INSERT =
  'INSERT INTO rule (id, jobset, epoch, version, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';

const writeState = (sql: Sql, { jobset, epoch }: Holder, id: string, state: RuleState): boolean => {
  const { version } = state;
  const text = stateText(state);
  const { changes } =
    version === 1
      ? sql(INSERT).run(id, jobset, epoch, version, text)
      : sql(UPDATE).run(jobset, epoch, version, text, id, version - 1, epoch);
  return changes === 1;
};

/** Why the row that stands there refused a save. The same state under the same epoch is that very save: it went through
 *  before, and its answer was lost. */
const refusal = (row: RuleRow | undefined, epoch: number, state: RuleState) => {
  if (!row) return 'conflict';
  if (row.epoch > epoch) return 'fenced';
  return row.epoch === epoch && isDeepStrictEqual(stateIn(row), state) ? 'saved' : 'conflict';
};

const writePending = (sql: Sql, { transition, to }: Pending): void => {
  if (to.length === 0) return;
  sql('INSERT OR REPLACE INTO pending (rule, version, waiting, transition_json) VALUES (?, ?, ?, ?)').run(
    transition.ruleId,
    transition.version,
    waitingText(to),
    transitionText(transition),
  );
};

export const saveRule =
  (db: Database): RuleStore['save'] =>
  (holder, state, pending, signal) =>
    db.write(signal, sql => {
      const { ruleId } = pending.transition;
      if (!writeState(sql, holder, ruleId, state)) {
        const row = sql('SELECT * FROM rule WHERE id = ?').get(ruleId) as RuleRow | undefined;
        return refusal(row, holder.epoch, state);
      }
      writePending(sql, pending);
      return 'saved';
    });
