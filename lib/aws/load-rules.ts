import type { EndpointId } from '../domain/endpoint.ts';
import { newRuleState, type RuleState } from '../domain/transition.ts';
import { MAX_PENDING_IN_ITEM, type RuleStore, type SavedRule } from '../engine/ports.ts';
import { readItems } from './batches.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readItem } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import {
  booleanIn,
  type CheckpointRow,
  type Item,
  pendingItems,
  pendingOf,
  ruleKey,
  ruleOf,
  stateIn,
} from './items.ts';
import { readSpilled } from './spill.ts';

/** The first pending transitions after `afterVersion`, oldest first, wherever they stand; one more than
 *  `MAX_PENDING_IN_ITEM` where there are. */
const firstPending =
  (db: Database) => async (id: EndpointId, item: Item, afterVersion: number, signal: AbortSignal) => {
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

const isNewer = (row: CheckpointRow, state: RuleState): boolean =>
  row.version === state.version &&
  (row.lastResultAtMs ?? Number.NEGATIVE_INFINITY) >= (state.lastResultAtMs ?? Number.NEGATIVE_INFINITY);

const withCheckpoint = (state: RuleState, row: CheckpointRow | undefined): RuleState =>
  row && isNewer(row, state) ? { ...state, ...row } : state;

const loadRule =
  (db: Database) =>
  async (item: Item, row: CheckpointRow | undefined, signal: AbortSignal): Promise<SavedRule> => {
    const pending = await firstPending(db)(ruleOf(item), item, 0, signal);
    return {
      state: withCheckpoint(stateIn(item), row),
      pending: pending.slice(0, MAX_PENDING_IN_ITEM),
      spilled: pending.length > MAX_PENDING_IN_ITEM,
    };
  };

export const loadRules =
  (db: Database): RuleStore['load'] =>
  async (jobset, ids, signal) => {
    const [checkpoint, items] = await Promise.all([
      readCheckpoint(db)(jobset, signal),
      readItems(db)([...new Set(ids)].map(ruleKey), signal),
    ]);
    const rules = new Map<EndpointId, SavedRule>();
    for (const item of items) {
      const id = ruleOf(item);
      rules.set(id, await loadRule(db)(item, checkpoint.get(id), signal));
    }
    for (const id of ids) {
      const row = checkpoint.get(id);
      if (row && !rules.has(id) && isNewer(row, newRuleState))
        rules.set(id, { state: withCheckpoint(newRuleState, row), pending: [], spilled: false });
    }
    return rules;
  };

export const loadSpilled =
  (db: Database): RuleStore['loadSpilled'] =>
  async (id, afterVersion, signal) => {
    const item = await readItem(db)(ruleKey(id), signal);
    if (!item) return [];
    return (await firstPending(db)(id, item, afterVersion, signal)).slice(0, MAX_PENDING_IN_ITEM);
  };
