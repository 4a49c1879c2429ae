import type { Clock } from '../domain/clock.ts';
import { HISTORY_MS, type HistoryPlace, MOST_AHEAD_MS, parsePlace, placeOf } from '../domain/history.ts';
import type { Transition } from '../domain/transition.ts';
import type { History, TransitionQuery } from '../engine/ports/history.ts';
import type { Database } from './database.ts';
import { type PendingRow, transitionIn, transitionText } from './rows.ts';
import type { Sql } from './statements.ts';

const INSERT = `INSERT INTO history (at_ms, rule, version, mark, transition_json) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;

const pageOf = (which: string): string => `SELECT at_ms, rule, version, mark, transition_json FROM history
  WHERE ${which}at_ms >= ? AND (at_ms, rule, version, mark) < (?, ?, ?, ?)
  ORDER BY at_ms DESC, rule DESC, version DESC, mark DESC LIMIT ?`;
const OF_ALL = pageOf('');
const OF_RULE = pageOf('rule = ? AND ');

/** 2 ms. */
const ROWS_A_TURN = 250;

const readPage = (
  sql: Sql,
  endpoint: TransitionQuery['endpoint'],
  fromMs: number,
  { atMs, ruleId, version, mark }: HistoryPlace,
  limit: number,
): readonly Transition[] => {
  const span = [fromMs, atMs, ruleId, version, mark, limit] as const;
  const rows = endpoint === null ? sql(OF_ALL).all(...span) : sql(OF_RULE).all(endpoint, ...span);
  return (rows as readonly object[] as readonly PendingRow[]).map(transitionIn);
};

/** In portions, so that a long list holds up no save. */
const listFrom = async (
  db: Database,
  { endpoint, limit }: TransitionQuery,
  { fromMs, end }: { readonly fromMs: number; readonly end: HistoryPlace },
  signal: AbortSignal,
): Promise<readonly Transition[]> => {
  const found: Transition[] = [];
  for (let place = end; found.length < limit; ) {
    const most = Math.min(limit - found.length, ROWS_A_TURN);
    const page = await db.read(signal, sql => readPage(sql, endpoint, fromMs, place, most));
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < most) break;
    place = placeOf(last);
  }
  return found;
};

const isBefore = (a: HistoryPlace, b: HistoryPlace): boolean => a.atMs < b.atMs;

export const createHistory = ({ db, clock }: { readonly db: Database; readonly clock: Clock }): History => ({
  append: (transitions, signal) =>
    db.write(signal, sql => {
      for (const transition of transitions) {
        const { atMs, ruleId, version, mark } = placeOf(transition);
        sql(INSERT).run(atMs, ruleId, version, mark, transitionText(transition));
      }
    }),

  list: async (query, signal) => {
    const nowMs = clock.nowMs();
    const latest = parsePlace(String(nowMs + MOST_AHEAD_MS));
    const wanted = query.before === null ? latest : parsePlace(query.before);
    const end = isBefore(wanted, latest) ? wanted : latest;
    return listFrom(db, query, { fromMs: nowMs - HISTORY_MS, end }, signal);
  },
});

const REMOVED_A_TURN = 100;
const EXPIRED = `DELETE FROM history WHERE (at_ms, rule, version, mark) IN
  (SELECT at_ms, rule, version, mark FROM history WHERE at_ms < ? ORDER BY at_ms LIMIT ${REMOVED_A_TURN})`;

const GIVEN_BACK_A_TURN = 64;
/** Share of free pages below which they are kept: new rows find room in them. */
const MOST_FREE = { ratio: 0.25, pages: 500 };

const countOf = (sql: Sql, pragma: 'freelist_count' | 'page_count'): number =>
  Number(sql(`PRAGMA ${pragma}`).get()?.[pragma]);

/** Gives free pages back to the disk, a few a turn, when there are many. */
const giveBack = async (db: Database, signal: AbortSignal): Promise<void> => {
  const giveSome = (sql: Sql): boolean => {
    const free = countOf(sql, 'freelist_count');
    if (free < MOST_FREE.pages || free < MOST_FREE.ratio * countOf(sql, 'page_count')) return false;
    sql(`PRAGMA incremental_vacuum(${GIVEN_BACK_A_TURN})`).all();
    return countOf(sql, 'freelist_count') < free;
  };
  while (await db.write(signal, giveSome));
};

/** Removes what is too old, a little a turn, and says how many. */
export const removeExpiredHistory =
  ({ db, clock }: { readonly db: Database; readonly clock: Clock }) =>
  async (signal: AbortSignal): Promise<number> => {
    const horizonMs = clock.nowMs() - HISTORY_MS;
    let removed = 0;
    for (;;) {
      const changes = await db.write(signal, sql => Number(sql(EXPIRED).run(horizonMs).changes));
      removed += changes;
      if (changes < REMOVED_A_TURN) break;
    }
    await giveBack(db, signal);
    return removed;
  };
