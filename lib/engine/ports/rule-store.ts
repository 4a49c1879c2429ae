import type { Lease } from '../../domain/lease.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { RuleState, State, Transition } from '../../domain/transition.ts';
import type { PackedCounters } from './rule-counters.ts';

/** Recipient that every transition goes to, beside its targets. */
export const HISTORY = '#history';

/** A transition that is saved but not yet delivered to all. */
export type Pending = {
  readonly transition: Transition;
  readonly to: readonly string[];
};

/** So many pending transitions stand in the rule's own item (400 KB at most); later ones spill into items of their own. */
export const MAX_PENDING_IN_ITEM = 50;

export type SavedRule = {
  /** Jobset whose worker saved it last: in its checkpoint stand the rule's streak and totals. */
  readonly jobset: string;
  readonly state: RuleState;
  /** Oldest first, at most `MAX_PENDING_IN_ITEM`. */
  readonly pending: readonly Pending[];
  /** More pending transitions wait in items of their own: `loadSpilled` brings them. */
  readonly spilled: boolean;
};

/** Under what right a rule is written. */
export type Holder = Pick<Lease, 'jobset' | 'epoch'>;

export type RuleStore = {
  /** What is saved of each rule; a rule that was never saved is absent. Takes in the jobset's checkpoint, and that of
   *  the jobset which a rule comes from. */
  readonly load: (
    jobset: string,
    ids: readonly RuleId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<RuleId, SavedRule>>;
  /** The next pending transitions of a rule after `afterVersion`, oldest first, at most `MAX_PENDING_IN_ITEM`. */
  readonly loadSpilled: (
    id: RuleId,
    afterVersion: number,
    signal: AbortSignal,
  ) => Promise<readonly Pending[]>;
  /** The same for a worker that begins, and `others`: rules that the jobset's checkpoint knows and that are not among
   *  `ids`, because they were removed or moved away. */
  readonly takeOver: (
    jobset: string,
    ids: readonly RuleId[],
    signal: AbortSignal,
  ) => Promise<{
    readonly rules: ReadonlyMap<RuleId, SavedRule>;
    readonly others: ReadonlyMap<RuleId, SavedRule>;
  }>;
  /** The states that rules of any jobset are saved in; a rule that was never saved is absent. */
  readonly states: (ids: readonly RuleId[], signal: AbortSignal) => Promise<ReadonlyMap<RuleId, State>>;
  /** One conditional update of one item: writes the state and appends to its outbox together.
   *  The saved version must be the one before the changes that the transition stands for. `conflict`: another is saved. `fenced`: a later epoch is. Safe to repeat. */
  readonly save: (
    holder: Holder,
    state: RuleState,
    pending: Pending,
    signal: AbortSignal,
  ) => Promise<'saved' | 'conflict' | 'fenced'>;
  /** Takes `to` off what a pending transition is still to be given. Safe to repeat. */
  readonly acknowledge: (
    epoch: number,
    id: RuleId,
    version: number,
    to: readonly string[],
    signal: AbortSignal,
  ) => Promise<'saved' | 'fenced'>;
  /** Streaks and totals of the jobset's rules, many to an item. */
  readonly checkpoint: (
    holder: Holder,
    counters: PackedCounters,
    signal: AbortSignal,
  ) => Promise<'saved' | 'fenced'>;
};
