import type { Clock } from '../../domain/clock.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { RuleState, Transition } from '../../domain/transition.ts';
import { backOffMs } from '../pacing/back-off.ts';
import { limitConcurrency } from '../pacing/limit-concurrency.ts';
import type { Holder, Pending, RuleStore } from '../ports/rule-store.ts';

export type Unsaved = { readonly state: RuleState; readonly pending: Pending };

export type SaveQueueDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: Pick<RuleStore, 'save'>;
  readonly holder: Holder;
  /** Saves that the store is asked for in one round: in a storm a round takes as long as both sides are busy. */
  readonly savesAtOnce: number;
  /** Resolves once the lease is surely held: else a later owner may have read the rule already. null: it is. */
  readonly untilHeld: () => Promise<void> | null;
  /** A transition is saved, and now to be delivered. */
  readonly onSaved: (pending: Pending) => void;
  /** Another worker saved this version of the rule first. Rejects when the store cannot be read. */
  readonly onConflict: (refused: Unsaved) => Promise<void>;
  /** Another worker owns the rule: nothing more may be written. */
  readonly onFenced: (id: RuleId) => void;
  /** The store is away, but targets must hear of it. */
  readonly onOverdue: (pending: Pending) => void;
  /** It is not going to be saved: a later one of its rule stands for it. */
  readonly onMerged: (gone: Transition) => void;
  /** Ends every wait and call. */
  readonly signal: AbortSignal;
};

const RETRY = { firstMs: 50, mostMs: 5000 };
/** Transitions of one rule that wait in memory while the store is away: of more, the oldest become one. */
const MOST_OF_A_RULE = 50;
/** Transitions that wait in all, 1 KB each, before each rule keeps no more than `LEAST_OF_A_RULE`. */
const MOST_IN_ALL = 50_000;
/** The one that may be saved by now, the merged one and the last. */
const LEAST_OF_A_RULE = 3;
/** So long the store may be away before transitions are delivered unsaved. */
const OVERDUE_AFTER_MS = 30_000;

type Waiting = {
  readonly id: RuleId;
  readonly unsaved: Unsaved[];
  /** How many of them targets have heard of. */
  told: number;
  /** The store is asked to save the first at this moment. */
  isHanded: boolean;
};

type Answered = { readonly handed: Unsaved; readonly outcome: Awaited<ReturnType<RuleStore['save']>> };

/** One transition for two, the second without the first having been told: from before the first to after the second. */
const merge = (first: Unsaved, second: Unsaved): Unsaved => {
  const { previousState, previousDurationMs, merged } = first.pending.transition;
  const { transition, to } = second.pending;
  return {
    state: second.state,
    pending: {
      transition: {
        ...transition,
        previousState,
        previousDurationMs,
        merged: merged + 1 + transition.merged,
      },
      to: [...new Set([...first.pending.to, ...to])],
    },
  };
};

/** Saves transitions in order per rule, each before the next of its rule; while the store is away they wait. */
export const createSaveQueue = (deps: SaveQueueDeps) => {
  const { clock, random, store, holder, savesAtOnce, signal } = deps;
  const rules = new Map<RuleId, Waiting>();
  const limited = limitConcurrency(savesAtOnce);
  let count = 0;
  /** Attempts since the store last took something. */
  let failures = 0;
  /** Rules whose save failed, in order: one at a time finds out whether the store is back. */
  const resting: Waiting[] = [];
  let probing = false;
  /** When the store last took something, or had nothing to take. */
  let servedAtMs = clock.monotonicMs();
  let onSettled = () => {};

  const isAway = (): boolean => rules.size > 0 && clock.monotonicMs() - servedAtMs >= OVERDUE_AFTER_MS;

  const leave = (waiting: Waiting, saved: number): void => {
    count -= saved;
    waiting.unsaved.splice(0, saved);
    waiting.told = Math.max(0, waiting.told - saved);
  };

  const hand = async (waiting: Waiting): Promise<Answered> => {
    const first = waiting.unsaved[0] as Unsaved;
    const transition = { ...first.pending.transition, handedAtMs: clock.nowMs() };
    const handed = { state: first.state, pending: { ...first.pending, transition } };
    waiting.isHanded = true;
    try {
      return { handed, outcome: await store.save(holder, handed.state, handed.pending, signal) };
    } finally {
      waiting.isHanded = false;
    }
  };

  const saveFirst = async (waiting: Waiting): Promise<void> => {
    await deps.untilHeld();
    const { handed, outcome } = await limited(() => hand(waiting));
    switch (outcome) {
      case 'saved':
        leave(waiting, 1);
        return deps.onSaved(handed.pending);
      case 'conflict':
        await deps.onConflict(handed);
        return leave(waiting, waiting.unsaved.length);
      case 'fenced':
        leave(waiting, waiting.unsaved.length);
        return deps.onFenced(waiting.id);
    }
  };

  const resume = (): void => {
    for (const waiting of resting.splice(0)) void saveAll(waiting);
  };

  /** One rule tries again, and the others with it once that went through. */
  const probe = async (): Promise<void> => {
    if (probing) return;
    probing = true;
    while (resting.length > 0 && !signal.aborted) {
      await clock.sleep(backOffMs(failures + 1, RETRY, random), signal);
      const next = resting.shift();
      failures++;
      if (next && !signal.aborted) await saveAll(next);
    }
    probing = false;
  };

  const saveAll = async (waiting: Waiting): Promise<void> => {
    while (waiting.unsaved.length > 0 && !signal.aborted) {
      try {
        await saveFirst(waiting);
        servedAtMs = clock.monotonicMs();
        failures = 0;
        if (resting.length > 0) resume();
      } catch {
        if (signal.aborted) return;
        resting.push(waiting);
        void probe();
        return;
      }
    }
    rules.delete(waiting.id);
    if (rules.size === 0) onSettled();
  };

  /** The first may be saved already, its answer lost: it stays as it is. */
  const mergeOldest = (waiting: Waiting): void => {
    const [second, third] = waiting.unsaved.slice(1, 3);
    if (!second || !third) return;
    waiting.unsaved.splice(1, 2, merge(second, third));
    waiting.told = Math.max(1, waiting.told - 1);
    count--;
    deps.onMerged(second.pending.transition);
  };

  /** From then on its id holds the epoch: another owner may save this version too, and tell it under its own id. */
  const tellOverdue = (waiting: Waiting): void => {
    if (waiting.isHanded && waiting.told === 0) return;
    for (; waiting.told < waiting.unsaved.length; waiting.told++) {
      const { state, pending } = waiting.unsaved[waiting.told] as Unsaved;
      const { transition, to } = pending;
      const own = { transition: { ...transition, id: `${transition.id}-${holder.epoch}` }, to };
      waiting.unsaved[waiting.told] = { state, pending: own };
      deps.onOverdue(own);
    }
  };

  return {
    add: (unsaved: Unsaved): void => {
      const id = unsaved.pending.transition.ruleId;
      const known = rules.get(id);
      const waiting = known ?? { id, unsaved: [], told: 0, isHanded: false };
      if (rules.size === 0) servedAtMs = clock.monotonicMs();
      rules.set(id, waiting);
      waiting.unsaved.push(unsaved);
      count++;
      const most = count > MOST_IN_ALL ? LEAST_OF_A_RULE : MOST_OF_A_RULE;
      if (waiting.unsaved.length > most) mergeOldest(waiting);
      if (isAway()) tellOverdue(waiting);
      if (!known) void saveAll(waiting);
    },
    isWaiting: (id: RuleId): boolean => rules.has(id),
    /** Transitions that are not saved yet. */
    size: (): number => count,
    /** More than the store takes at once. */
    isBusy: (): boolean => rules.size > savesAtOnce,
    /** To be called each second: delivers what has waited too long. */
    lookForOverdue: (): void => {
      if (isAway()) for (const waiting of rules.values()) tellOverdue(waiting);
    },
    /** Resolves when nothing is left to save, after `graceMs` at the latest. */
    settle: async (graceMs: number): Promise<void> => {
      if (rules.size === 0) return;
      const patience = new AbortController();
      onSettled = () => patience.abort();
      await clock.sleep(graceMs, patience.signal);
    },
  };
};
