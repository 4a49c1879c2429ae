import { isDeepStrictEqual } from 'node:util';
import type { RuleId } from '../../../lib/domain/rule.ts';
import type { RuleState, State } from '../../../lib/domain/transition.ts';
import {
  eachCounters,
  fromCounters,
  type PackedCounters,
  type RuleCounters,
  withCounters,
} from '../../../lib/engine/ports/rule-counters.ts';
import {
  type Holder,
  MAX_PENDING_IN_ITEM,
  type Pending,
  type SavedRule,
} from '../../../lib/engine/ports/rule-store.ts';

type SavedItem = {
  state: RuleState;
  epoch: number;
  jobset: string;
  readonly pending: Map<number, Pending>;
};

type Checkpoint = { readonly epoch: number; readonly rows: ReadonlyMap<RuleId, RuleCounters> };

/** Rules as every store keeps them (`test/contract/rule-store.test.ts`), in memory: each call is done at once. */
export const createSimulatedRules = () => {
  const items = new Map<RuleId, SavedItem>();
  const checkpoints = new Map<string, Checkpoint>();

  const pendingAfter = (item: SavedItem, afterVersion: number): readonly Pending[] =>
    [...item.pending]
      .filter(([version]) => version > afterVersion)
      .sort(([a], [b]) => a - b)
      .map(([, pending]) => pending);

  const savedRule = (item: SavedItem, rows: readonly (RuleCounters | undefined)[]): SavedRule => {
    const pending = pendingAfter(item, 0);
    return {
      jobset: item.jobset,
      state: withCounters(item.state, rows),
      pending: pending.slice(0, MAX_PENDING_IN_ITEM),
      spilled: pending.length > MAX_PENDING_IN_ITEM,
    };
  };

  const rowOf = (jobset: string, id: RuleId): RuleCounters | undefined =>
    checkpoints.get(jobset)?.rows.get(id);

  const load = (jobset: string, ids: readonly RuleId[]): ReadonlyMap<RuleId, SavedRule> => {
    const rules = new Map<RuleId, SavedRule>();
    for (const id of ids) {
      const item = items.get(id);
      const row = rowOf(jobset, id);
      if (item) rules.set(id, savedRule(item, [row, rowOf(item.jobset, id)]));
      const state = item ? null : fromCounters(row);
      if (state) rules.set(id, { jobset, state, pending: [], spilled: false });
    }
    return rules;
  };

  const others = (jobset: string, ids: readonly RuleId[]): ReadonlyMap<RuleId, SavedRule> => {
    const rules = new Map<RuleId, SavedRule>();
    for (const [id, row] of checkpoints.get(jobset)?.rows ?? []) {
      const item = items.get(id);
      if (item?.jobset === jobset && !ids.includes(id)) rules.set(id, savedRule(item, [row]));
    }
    return rules;
  };

  return {
    load,
    takeOver: (jobset: string, ids: readonly RuleId[]) => ({
      rules: load(jobset, ids),
      others: others(jobset, ids),
    }),
    loadSpilled: (id: RuleId, afterVersion: number): readonly Pending[] => {
      const item = items.get(id);
      return item ? pendingAfter(item, afterVersion).slice(0, MAX_PENDING_IN_ITEM) : [];
    },
    states: (ids: readonly RuleId[]): ReadonlyMap<RuleId, State> =>
      new Map(
        ids.flatMap(id => {
          const item = items.get(id);
          return item ? [[id, item.state.state] as const] : [];
        }),
      ),
    save: (
      { jobset, epoch }: Holder,
      state: RuleState,
      pending: Pending,
    ): 'saved' | 'conflict' | 'fenced' => {
      const id = pending.transition.ruleId;
      const item = items.get(id);
      const expected = state.version - 1 - pending.transition.merged;
      if (!item) {
        if (expected !== 0) return 'conflict';
        items.set(id, { state, epoch, jobset, pending: new Map([[state.version, pending]]) });
        return 'saved';
      }
      if (item.epoch > epoch) return 'fenced';
      if (item.epoch === epoch && isDeepStrictEqual(item.state, state)) return 'saved';
      if (item.state.version !== expected) return 'conflict';
      Object.assign(item, { state, epoch, jobset });
      item.pending.set(state.version, pending);
      return 'saved';
    },
    acknowledge: (epoch: number, id: RuleId, version: number, to: readonly string[]): 'saved' | 'fenced' => {
      const item = items.get(id);
      if (to.length === 0 || !item) return 'saved';
      if (item.epoch > epoch) return 'fenced';
      const pending = item.pending.get(version);
      if (!pending) return 'saved';
      const left = pending.to.filter(name => !to.includes(name));
      if (left.length === 0) item.pending.delete(version);
      else item.pending.set(version, { ...pending, to: left });
      return 'saved';
    },
    checkpoint: ({ jobset, epoch }: Holder, counters: PackedCounters): 'saved' | 'fenced' => {
      if ((checkpoints.get(jobset)?.epoch ?? 0) > epoch) return 'fenced';
      checkpoints.set(jobset, { epoch, rows: new Map(eachCounters(counters)) });
      return 'saved';
    },
    /** All that still waits for somebody. */
    pending: (): IteratorObject<Pending> => items.values().flatMap(item => item.pending.values()),
    saved: (id: RuleId): RuleState | null => items.get(id)?.state ?? null,
  };
};
