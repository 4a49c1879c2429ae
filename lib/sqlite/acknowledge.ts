import type { RuleStore } from '../engine/ports/rule-store.ts';
import type { Database } from './database.ts';
import { waitingIn, waitingText } from './rows.ts';

type Row = { readonly epoch: number; readonly place: number | null; readonly waiting: string };

const FIND = `SELECT rule.epoch, pending.place, pending.waiting FROM rule
  LEFT JOIN pending ON pending.rule = rule.number AND pending.version = ? WHERE rule.id = ?`;

export const acknowledge =
  (db: Database): RuleStore['acknowledge'] =>
  (epoch, id, version, to, signal) =>
    db.write(signal, sql => {
      if (to.length === 0) return 'saved';
      const row = sql(FIND).get(version, id) as Row | undefined;
      if (!row) return 'saved';
      if (row.epoch > epoch) return 'fenced';
      if (row.place === null) return 'saved';
      const before = waitingIn(row);
      const left = before.filter(name => !to.includes(name));
      if (left.length === 0) sql('DELETE FROM pending WHERE place = ?').run(row.place);
      else if (left.length < before.length)
        sql('UPDATE pending SET waiting = ? WHERE place = ?').run(waitingText(left), row.place);
      return 'saved';
    });
