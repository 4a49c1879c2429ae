import type { RuleId } from '../domain/rule.ts';
import type { State } from '../domain/transition.ts';
import { fromCounters, type RuleCounters, withCounters } from '../engine/ports/rule-counters.ts';
import { MAX_PENDING_IN_ITEM, type RuleStore, type SavedRule } from '../engine/ports/rule-store.ts';
import { readCheckpoint } from './checkpoint.ts';
import { type Database, readInTurns } from './database.ts';
import { type PendingRow, pendingIn, type RuleRow, stateIn } from './rows.ts';
import type { Sql } from './statements.ts';

const FIRST_PENDING = `SELECT waiting, transition_json FROM pending
  WHERE rule = ? AND version > ? ORDER BY version LIMIT ?`;

const firstPending = (sql: Sql, rule: number, afterVersion: number, count: number): readonly PendingRow[] =>
  sql(FIRST_PENDING).all(rule, afterVersion, count) as readonly object[] as readonly PendingRow[];

type FoundRow = RuleRow & { readonly has_pending: number };

/** Most rules have nothing pending: to ask here costs a tenth of a query of its own. */
const RULE = `SELECT *, EXISTS (SELECT 1 FROM pending WHERE pending.rule = rule.number) AS has_pending
  FROM rule WHERE id = ?`;

const rowOf = (sql: Sql, id: string): FoundRow | undefined => sql(RULE).get(id) as FoundRow | undefined;

type Counters = ReadonlyMap<RuleId, RuleCounters>;
const ruleIn = (sql: Sql, row: FoundRow, counters: RuleCounters | undefined): SavedRule => {
  const pending = row.has_pending ? firstPending(sql, row.number, 0, MAX_PENDING_IN_ITEM + 1) : [];
  return {
    jobset: row.jobset,
    state: withCounters(stateIn(row), [counters]),
    pending: pending.slice(0, MAX_PENDING_IN_ITEM).map(pendingIn),
    spilled: pending.length > MAX_PENDING_IN_ITEM,
  };
};

const readRules = async (
  db: Database,
  ids: Iterable<RuleId>,
  take: (sql: Sql, row: FoundRow | undefined, id: RuleId) => SavedRule | null,
  signal: AbortSignal,
): Promise<Map<RuleId, SavedRule>> => {
  const rules = new Map<RuleId, SavedRule>();
  const readRule = (sql: Sql, id: RuleId): number => {
    const rule = take(sql, rowOf(sql, id), id);
    if (rule) rules.set(id, rule);
    return 1 + (rule?.pending.length ?? 0);
  };
  await readInTurns(db, ids, readRule, signal);
  return rules;
};

const rulesOf = async (
  db: Database,
  jobset: string,
  ids: ReadonlySet<RuleId>,
  checkpoint: Counters,
  signal: AbortSignal,
): Promise<ReadonlyMap<RuleId, SavedRule>> => {
  /** By the jobset that saved them last: in its checkpoint stand their streaks. */
  const moved = new Map<string, Set<RuleId>>();
  const take = (sql: Sql, row: FoundRow | undefined, id: RuleId): SavedRule | null => {
    const counters = checkpoint.get(id);
    if (row && row.jobset !== jobset) moved.set(row.jobset, (moved.get(row.jobset) ?? new Set()).add(id));
    if (row) return ruleIn(sql, row, counters);
    const state = fromCounters(counters);
    return state && { jobset, state, pending: [], spilled: false };
  };
  const rules = await readRules(db, ids, take, signal);
  for (const [home, its] of moved)
    for (const [id, counters] of await readCheckpoint(db)(home, id => its.has(id), signal)) {
      const rule = rules.get(id);
      if (rule) rules.set(id, { ...rule, state: withCounters(rule.state, [counters]) });
    }
  return rules;
};

export const loadRules =
  (db: Database): RuleStore['load'] =>
  async (jobset, ids, signal) => {
    const wanted = new Set(ids);
    return rulesOf(
      db,
      jobset,
      wanted,
      await readCheckpoint(db)(jobset, id => wanted.has(id), signal),
      signal,
    );
  };

export const takeOverRules =
  (db: Database): RuleStore['takeOver'] =>
  async (jobset, ids, signal) => {
    const wanted = new Set(ids);
    const checkpoint = await readCheckpoint(db)(jobset, () => true, signal);
    const unknown = checkpoint.keys().filter(id => !wanted.has(id));
    const mine = (sql: Sql, row: FoundRow | undefined, id: RuleId): SavedRule | null =>
      row?.jobset === jobset ? ruleIn(sql, row, checkpoint.get(id)) : null;
    return {
      rules: await rulesOf(db, jobset, wanted, checkpoint, signal),
      others: await readRules(db, unknown, mine, signal),
    };
  };

export const loadStates =
  (db: Database): RuleStore['states'] =>
  async (ids, signal) => {
    const states = new Map<RuleId, State>();
    const readState = (sql: Sql, id: RuleId): number => {
      const row = rowOf(sql, id);
      if (row) states.set(id, stateIn(row).state);
      return 1;
    };
    await readInTurns(db, ids, readState, signal);
    return states;
  };

export const loadSpilled =
  (db: Database): RuleStore['loadSpilled'] =>
  (id, afterVersion, signal) =>
    db.read(signal, sql => {
      const row = rowOf(sql, id);
      return row ? firstPending(sql, row.number, afterVersion, MAX_PENDING_IN_ITEM).map(pendingIn) : [];
    });
