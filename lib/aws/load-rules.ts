import type { RuleId } from '../domain/rule.ts';
import { fromCounters, type RuleCounters, withCounters } from '../engine/ports/rule-counters.ts';
import { MAX_PENDING_IN_ITEM, type RuleStore, type SavedRule } from '../engine/ports/rule-store.ts';
import { readItems } from './batches.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readItem } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import {
  booleanIn,
  type Item,
  pendingItems,
  pendingOf,
  ruleKey,
  ruleOf,
  stateIn,
  stringIn,
} from './items.ts';
import { readSpilled } from './spill.ts';

/** The first pending transitions after `afterVersion`, oldest first, wherever they stand; one more than
 *  `MAX_PENDING_IN_ITEM` where there are. */
const firstPending =
  (db: Database) => async (id: RuleId, item: Item, afterVersion: number, signal: AbortSignal) => {
    const count = MAX_PENDING_IN_ITEM + 1;
    const spilled = booleanIn(item, 'spilled')
      ? await readSpilled(db)(id, afterVersion, count, signal)
      : new Map<number, Item>();
    const mine = [...pendingItems(item)].filter(([version]) => version > afterVersion);
    // One that was being moved when a worker died stands in both places.
    const oldestFirst = [...new Map([...spilled, ...mine])]
      .sort(([a], [b]) => a - b)
      .map(([, entry]) => entry);
    return pendingOf(oldestFirst).slice(0, count);
  };

/** In whose checkpoint the streak of a rule stands: that of the worker which saved it last. Before items told, there
 *  was one jobset. */
const homeOf = (item: Item, jobset: string): string => stringIn(item, 'jobset') || jobset;

const loadRule =
  (db: Database) =>
  async (
    jobset: string,
    item: Item,
    rows: readonly (RuleCounters | undefined)[],
    signal: AbortSignal,
  ): Promise<SavedRule> => {
    const pending = await firstPending(db)(ruleOf(item), item, 0, signal);
    return {
      jobset,
      state: withCounters(stateIn(item), rows),
      pending: pending.slice(0, MAX_PENDING_IN_ITEM),
      spilled: pending.length > MAX_PENDING_IN_ITEM,
    };
  };

type Checkpoint = ReadonlyMap<RuleId, RuleCounters>;

const rulesOf =
  (db: Database) =>
  async (
    jobset: string,
    ids: readonly RuleId[],
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RuleId, SavedRule>> => {
    const items = await readItems(db)([...new Set(ids)].map(ruleKey), signal);
    const checkpoints = new Map([[jobset, checkpoint]]);
    for (const home of new Set(items.map(item => homeOf(item, jobset))))
      if (home !== jobset) checkpoints.set(home, await readCheckpoint(db)(home, signal));
    const rules = new Map<RuleId, SavedRule>();
    for (const item of items) {
      const id = ruleOf(item);
      const home = homeOf(item, jobset);
      const rows = [checkpoint.get(id), checkpoints.get(home)?.get(id)];
      rules.set(id, await loadRule(db)(home, item, rows, signal));
    }
    for (const id of ids) {
      const state = rules.has(id) ? null : fromCounters(checkpoint.get(id));
      if (state) rules.set(id, { jobset, state, pending: [], spilled: false });
    }
    return rules;
  };

const othersOf =
  (db: Database) =>
  async (
    jobset: string,
    ids: ReadonlySet<RuleId>,
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RuleId, SavedRule>> => {
    const unknown = [...checkpoint.keys()].filter(id => !ids.has(id));
    const items = await readItems(db)(unknown.map(ruleKey), signal);
    const rules = new Map<RuleId, SavedRule>();
    for (const item of items)
      if (homeOf(item, jobset) === jobset)
        rules.set(ruleOf(item), await loadRule(db)(jobset, item, [checkpoint.get(ruleOf(item))], signal));
    return rules;
  };

export const loadRules =
  (db: Database): RuleStore['load'] =>
  async (jobset, ids, signal) =>
    rulesOf(db)(jobset, ids, await readCheckpoint(db)(jobset, signal), signal);

export const takeOverRules =
  (db: Database): RuleStore['takeOver'] =>
  async (jobset, ids, signal) => {
    const checkpoint = await readCheckpoint(db)(jobset, signal);
    return {
      rules: await rulesOf(db)(jobset, ids, checkpoint, signal),
      others: await othersOf(db)(jobset, new Set(ids), checkpoint, signal),
    };
  };

export const loadStates =
  (db: Database): RuleStore['states'] =>
  async (ids, signal) => {
    const items = await readItems(db)([...new Set(ids)].map(ruleKey), signal);
    return new Map(items.map(item => [ruleOf(item), stateIn(item).state]));
  };

export const loadSpilled =
  (db: Database): RuleStore['loadSpilled'] =>
  async (id, afterVersion, signal) => {
    const item = await readItem(db)(ruleKey(id), signal);
    if (!item) return [];
    return (await firstPending(db)(id, item, afterVersion, signal)).slice(0, MAX_PENDING_IN_ITEM);
  };
