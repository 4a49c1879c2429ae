import { isDeepStrictEqual } from 'node:util';
import type { RuleState } from '../domain/transition.ts';
import type { Holder, Pending, RuleStore } from '../engine/ports/rule-store.ts';
import type { Database } from './database.ts';
import { type RuleRow, STATE_COLUMNS, stateIn, stateValues, transitionText, waitingText } from './rows.ts';
import type { Sql } from './statements.ts';

//                        this save
//  version   … expected ─────┼───── the transition's …
//  epoch     … up to mine ───┼───── mine … later owner's
const UPDATE = `UPDATE rule SET jobset = ?, epoch = ?, ${STATE_COLUMNS.map(name => `${name} = ?`).join(', ')}
  WHERE id = ? AND version = ? AND epoch <= ? RETURNING number`;
const INSERT = `INSERT INTO rule (id, jobset, epoch, ${STATE_COLUMNS.join(', ')})
  VALUES (?, ?, ?, ${STATE_COLUMNS.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING RETURNING number`;

/** The rule's number; undefined: what stands there does not let it. */
const writeState = (sql: Sql, { jobset, epoch }: Holder, { transition }: Pending, state: RuleState) => {
  const { ruleId: id, version, merged } = transition;
  const expected = version - 1 - merged;
  const values = stateValues(state);
  const row =
    expected === 0
      ? sql(INSERT).get(id, jobset, epoch, ...values)
      : sql(UPDATE).get(jobset, epoch, ...values, id, expected, epoch);
  return (row as Pick<RuleRow, 'number'> | undefined)?.number;
};

/** Why the row that stands there refused a save. The same state under the same epoch is that very save: it went through
 *  before, and its answer was lost. */
const refusal = (row: RuleRow | undefined, epoch: number, state: RuleState) => {
  if (!row) return 'conflict';
  if (row.epoch > epoch) return 'fenced';
  return row.epoch === epoch && isDeepStrictEqual(stateIn(row), state) ? 'saved' : 'conflict';
};

const writePending = (sql: Sql, rule: number, { transition, to }: Pending): void => {
  if (to.length === 0) return;
  sql('INSERT OR REPLACE INTO pending (rule, version, waiting, transition_json) VALUES (?, ?, ?, ?)').run(
    rule,
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
      const number = writeState(sql, holder, pending, state);
      if (number === undefined) {
        const row = sql('SELECT * FROM rule WHERE id = ?').get(ruleId) as RuleRow | undefined;
        return refusal(row, holder.epoch, state);
      }
      writePending(sql, number, pending);
      return 'saved';
    });
