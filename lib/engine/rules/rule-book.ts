import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import type { Ruled, RuleId } from '../../domain/rule.ts';
import { SELF } from '../../domain/self.ts';
import type { Target } from '../../domain/target.ts';
import {
  newRuleState,
  type RuleState,
  type State,
  type Suppression,
  type Transition,
} from '../../domain/transition.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { applyResult, applySilence, countUnchanged } from '../../rule/apply.ts';
import { type HeldState, hold, stateOf } from '../../rule/held-state.ts';
import { maintenanceAt } from '../../schedule/maintenance.ts';
import { backOffMs } from '../pacing/back-off.ts';
import { limitConcurrency } from '../pacing/limit-concurrency.ts';
import { HISTORY, type Holder, type Pending, type RuleStore, type SavedRule } from '../ports/rule-store.ts';

/** What a check loop needs of a rule after a result. */
export type Applied = Pick<RuleState, 'state' | 'runs'>;

/** A verdict into a rule, and what came of it. */
export type ApplyTo = (verdict: Verdict, nowMs: number) => Applied;

export type RuleBookDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: RuleStore;
  readonly holder: Holder;
  readonly target: (name: string) => Target | undefined;
  /** A transition is saved, and now to be delivered. */
  readonly onSaved: (pending: Pending) => void;
  /** Another worker owns the rule: nothing more may be written. */
  readonly onFenced: (id: RuleId) => void;
  /** Whether a rule that another jobset runs fails. */
  readonly failsElsewhere: (id: RuleId) => boolean;
  readonly onProblem: (message: string) => void;
  /** Ends every wait and call. */
  readonly signal: AbortSignal;
};

/** With so many unsaved transitions (the store is away) a rule stands still instead of running ahead of what is saved. */
const MOST_UNSAVED = 50;
/** In a storm the store is asked for so many in one round, and a round takes as long as both sides are busy. */
const SAVES_AT_ONCE = 100;
const SAVE_RETRY = { firstMs: 50, mostMs: 5000 };

/** Of 100,000 rules a checkpoint takes 40 ms to collect: checks go on after so many of them. */
const COLLECTED_AT_ONCE = 2000;

export const CHECKPOINT_EVERY_MS = 30_000;
/** A worker that dies has checked for so long after the last result in its checkpoint. What was checked before that was
 *  not among its endpoints. */
const VOUCHED_MS = CHECKPOINT_EVERY_MS + 5000;

const countedFrom = (heardAtMs: number, watchedUntilMs: number | null): number =>
  Math.max(heardAtMs, Math.min(watchedUntilMs ?? 0, heardAtMs + VOUCHED_MS));

type Unsaved = { readonly state: RuleState; readonly pending: Pending };

const none: readonly Unsaved[] = [];

type Entry = {
  ruled: Ruled;
  inMaintenance: (nowMs: number) => boolean;
  held: HeldState;
  unsaved: readonly Unsaved[];
  saving: boolean;
};

/** From then on, without another result, a rule falls silent. */
const silentFromMs = ({ ruled, held }: Entry): number =>
  held.state === 'unknown' || Number.isNaN(held.heardAtMs)
    ? Number.POSITIVE_INFINITY
    : held.heardAtMs + ruled.rule.staleAfterMs;

/** The states of the rules that a worker holds; each transition is saved before anybody hears of it, in order per rule. */
export const createRuleBook = (deps: RuleBookDeps) => {
  const { clock, store, holder, signal } = deps;
  const entries = new Map<RuleId, Entry>();
  /** How many endpoints are in each state, `self` not counted. */
  const count: { [state in State]: number } = { unknown: 0, ok: 0, fail: 0 };
  /** Before that no rule falls silent, and nobody need look: at 100,000 rules that takes 10 ms. */
  let allHeardUntilMs = Number.POSITIVE_INFINITY;
  const limited = limitConcurrency(SAVES_AT_ONCE);
  let saving = 0;
  let onSettled = () => {};

  const fails = (id: RuleId): boolean => {
    const known = entries.get(id);
    return known ? known.held.state === 'fail' : deps.failsElsewhere(id);
  };

  const countState = ({ ruled, held }: Entry, by: 1 | -1): void => {
    if (ruled.rule.id !== SELF) count[held.state] += by;
  };

  const expectResult = (entry: Entry): void => {
    allHeardUntilMs = Math.min(allHeardUntilMs, silentFromMs(entry));
  };

  const become = (entry: Entry, state: RuleState): void => {
    countState(entry, -1);
    entry.held = hold(state);
    countState(entry, 1);
    expectResult(entry);
  };

  const why =
    ({ ruled, held, inMaintenance }: Entry, nowMs: number) =>
    (entered: State): Suppression | null => {
      if (
        entered === 'unknown' &&
        (ruled.status === 'disabled' || (ruled.runs > 0 && held.runs >= ruled.runs))
      )
        return 'disabled';
      if (inMaintenance(nowMs)) return 'maintenance';
      if (entered === 'fail' && ruled.rule.dependsOn.some(fails)) return 'depends_on';
      return null;
    };

  const recipients = ({ ruled }: Entry, { kind, suppressed }: Transition): readonly string[] =>
    suppressed === null
      ? [HISTORY, ...ruled.targets.filter(name => deps.target(name)?.on.includes(kind))]
      : [HISTORY];

  const reload = async (entry: Entry, refused: Unsaved): Promise<void> => {
    const { id, subject } = entry.ruled.rule;
    const saved = (await store.load(holder.jobset, [id], signal)).get(id);
    if (entries.get(id) === entry) become(entry, saved?.state ?? newRuleState);
    entry.unsaved = none;
    deps.onProblem(
      `another monitor saved "${subject.name}" first; its state is used now. If this repeats, two monitors share one table.`,
    );
    for (const pending of saved?.pending ?? [])
      if (pending.transition.version >= refused.state.version) deps.onSaved(pending);
  };

  const saveFirst = async (entry: Entry, first: Unsaved): Promise<void> => {
    const { state, pending } = first;
    switch (await limited(() => store.save(holder, state, pending, signal))) {
      case 'saved':
        entry.unsaved = entry.unsaved.length === 1 ? none : entry.unsaved.slice(1);
        return deps.onSaved(pending);
      case 'conflict':
        return reload(entry, first);
      case 'fenced':
        entry.unsaved = none;
        return deps.onFenced(entry.ruled.rule.id);
    }
  };

  const saveAll = async (entry: Entry): Promise<void> => {
    let attempt = 0;
    for (let first = entry.unsaved[0]; first && !signal.aborted; first = entry.unsaved[0]) {
      try {
        await saveFirst(entry, first);
        attempt = 0;
      } catch {
        await clock.sleep(backOffMs(++attempt, SAVE_RETRY, deps.random), signal);
      }
    }
  };

  const save = async (entry: Entry): Promise<void> => {
    if (entry.saving) return;
    entry.saving = true;
    saving++;
    await saveAll(entry);
    entry.saving = false;
    if (--saving === 0) onSettled();
  };

  const commit = (entry: Entry, { state, transition }: ReturnType<typeof applyResult>): void => {
    become(entry, state);
    if (transition) {
      entry.unsaved = [
        ...entry.unsaved,
        { state, pending: { transition, to: recipients(entry, transition) } },
      ];
      void save(entry);
    }
  };

  const isFrozen = (entry: Entry): boolean => entry.unsaved.length >= MOST_UNSAVED;

  return {
    /** Takes a rule over as it was saved, or goes on with its new definition. Results count on from `watchedUntilMs`
     *  where a worker watched later than the last result that was saved. */
    adopt: (ruled: Ruled, saved: SavedRule | undefined, watchedUntilMs: number | null): void => {
      const inMaintenance = maintenanceAt(ruled.rule.maintenance);
      const known = entries.get(ruled.rule.id);
      if (known) {
        known.ruled = ruled;
        known.inMaintenance = inMaintenance;
        expectResult(known);
        return;
      }
      const held = hold(saved?.state ?? newRuleState);
      held.heardAtMs = countedFrom(held.heardAtMs, watchedUntilMs);
      const entry: Entry = { ruled, inMaintenance, held, unsaved: none, saving: false };
      entries.set(ruled.rule.id, entry);
      countState(entry, 1);
      expectResult(entry);
    },
    has: (id: RuleId): boolean => entries.has(id),
    ruled: (id: RuleId): Ruled | undefined => entries.get(id)?.ruled,
    all: (): Iterable<Ruled> => entries.values().map(({ ruled }) => ruled),
    size: (): number => entries.size,
    forget: (id: RuleId): void => {
      const entry = entries.get(id);
      if (entry) countState(entry, -1);
      entries.delete(id);
    },
    state: (id: RuleId): RuleState => {
      const entry = entries.get(id);
      return entry ? stateOf(entry.held) : newRuleState;
    },
    count: (): { readonly [state in State]: number } => ({ ...count }),
    /** Of a rule that was adopted, until it is forgotten. */
    ruleOf: ({ rule }: Ruled): ApplyTo => {
      const entry = entries.get(rule.id);
      if (!entry) throw new Error(`the rule "${rule.id}" was not adopted`);
      return (verdict, nowMs) => {
        if (!(isFrozen(entry) || countUnchanged(entry.held, verdict.ok, nowMs)))
          commit(entry, applyResult(rule, stateOf(entry.held), verdict, nowMs, why(entry, nowMs)));
        return entry.held;
      };
    },
    /** Rules without a result for too long become unknown. */
    expectResults: (nowMs: number): void => {
      if (nowMs <= allHeardUntilMs) return;
      allHeardUntilMs = Number.POSITIVE_INFINITY;
      for (const entry of entries.values()) {
        if (nowMs > silentFromMs(entry) && !isFrozen(entry))
          commit(entry, applySilence(entry.ruled.rule, stateOf(entry.held), nowMs, why(entry, nowMs)));
        expectResult(entry);
      }
    },
    /** For the checkpoint: a rule with a transition still to be saved is left out, for what is saved of it is older. */
    eachSettled: async (take: (id: RuleId, held: HeldState) => void): Promise<void> => {
      let looked = 0;
      for (const [id, entry] of entries) {
        if (entry.unsaved.length === 0) take(id, entry.held);
        if (++looked % COLLECTED_AT_ONCE === 0) await setImmediate();
      }
    },
    hasSavesWaiting: (): boolean => saving > SAVES_AT_ONCE,
    /** Resolves when nothing is left to save, after `graceMs` at the latest. */
    settle: async (graceMs: number): Promise<void> => {
      if (saving === 0) return;
      const patience = new AbortController();
      onSettled = () => patience.abort();
      await clock.sleep(graceMs, patience.signal);
    },
  };
};
