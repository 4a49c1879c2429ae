import { setImmediate } from 'node:timers/promises';
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
import { type ApplyContext, applyResult, applySilence, countUnchanged } from '../../rule/apply.ts';
import { type HeldState, hold, stateOf } from '../../rule/held-state.ts';
import { maintenanceAt } from '../../schedule/maintenance.ts';
import { HISTORY, type RuleStore, type SavedRule } from '../ports/rule-store.ts';
import { createSaveQueue, type SaveQueueDeps, type Unsaved } from './save-queue.ts';

/** What a check loop needs of a rule after a result. */
export type Applied = Pick<RuleState, 'state' | 'runs'>;

/** A verdict into a rule, and what came of it. `heardAtMs`: when it was true, before `nowMs` after a pause. */
export type ApplyVerdict = (verdict: Verdict, heardAtMs: number, nowMs: number) => Applied;

export type RuleBookDeps = Omit<SaveQueueDeps, 'store' | 'onConflict'> & {
  readonly store: RuleStore;
  readonly target: (name: string) => Target | undefined;
  /** Whether a rule that another jobset runs fails. */
  readonly failsElsewhere: (id: RuleId) => boolean;
  /** Incarnation of the store; see `AcquiredLease`. */
  readonly incarnation: string | null;
  readonly onProblem: (message: string) => void;
};

/** Rules that are collected for a checkpoint before checks go on: 100,000 at once would take 40 ms. */
const COLLECTED_AT_ONCE = 2000;

export const CHECKPOINT_EVERY_MS = 30_000;
/** `watchedUntilMs` proves that a worker was alive, not that it ran this rule. A rule that it ran is at most one
 *  checkpoint behind; an older one was not its own. */
const VOUCHED_MS = CHECKPOINT_EVERY_MS + 5000;

const countedFrom = (heardAtMs: number, watchedUntilMs: number | null): number =>
  Math.max(heardAtMs, Math.min(watchedUntilMs ?? 0, heardAtMs + VOUCHED_MS));

type Entry = {
  ruled: Ruled;
  inMaintenance: (nowMs: number) => boolean;
  held: HeldState;
  /** Whole ms by which `heardAtMs` lies behind the last result: an owner before this one watched for so long after it, and
   *  what it heard was not saved. 0 once there is a result. */
  vouchedMs: number;
};

/** From then on, without another result, a rule falls silent. */
const silentFromMs = ({ ruled, held }: Entry): number =>
  held.state === 'unknown' || held.state === ruled.rule.onSilence || Number.isNaN(held.heardAtMs)
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

  const whySuppressed =
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

  const contextOf = (entry: Entry, nowMs: number): ApplyContext => ({
    whySuppressed: whySuppressed(entry, nowMs),
    incarnation: deps.incarnation,
  });

  const recipients = ({ ruled }: Entry, { kind, suppressed }: Transition): readonly string[] =>
    suppressed === null
      ? [HISTORY, ...ruled.targets.filter(name => deps.target(name)?.on.includes(kind))]
      : [HISTORY];

  /** Goes on from what another writer saved. */
  const reload = async (refused: Unsaved): Promise<void> => {
    const { ruleId: id, version, subject } = refused.pending.transition;
    const saved = (await store.load(holder.jobset, [id], signal)).get(id);
    const entry = entries.get(id);
    if (entry) become(entry, saved?.state ?? newRuleState);
    deps.onProblem(
      `another monitor saved "${subject.name}" first; its state is used now. If this repeats, two monitors share one table.`,
    );
    for (const pending of saved?.pending ?? [])
      if (pending.transition.version >= version) deps.onSaved(pending);
  };

  const saves = createSaveQueue({ ...deps, onConflict: reload });

  const commit = (entry: Entry, { state, transition }: ReturnType<typeof applyResult>): void => {
    become(entry, state);
    if (transition) saves.add({ state, pending: { transition, to: recipients(entry, transition) } });
  };

  const fallSilent = (entry: Entry, nowMs: number): void =>
    commit(entry, applySilence(entry.ruled.rule, stateOf(entry.held), nowMs, contextOf(entry, nowMs)));

  return {
    /** Takes a rule over as it was saved, or goes on with its new definition. Results count on from `watchedUntilMs`
     *  where a worker watched later than the last result that was saved. `streakHolds` false: it heard results that were
     *  not saved, so the streak begins anew. */
    adopt: (
      ruled: Ruled,
      saved: SavedRule | undefined,
      watchedUntilMs: number | null,
      streakHolds = true,
    ): void => {
      const inMaintenance = maintenanceAt(ruled.rule.maintenance);
      const known = entries.get(ruled.rule.id);
      if (known) {
        known.ruled = ruled;
        known.inMaintenance = inMaintenance;
        expectResult(known);
        return;
      }
      const held = hold(saved?.state ?? newRuleState);
      // Of a clock that was set back, it may lie in the future.
      const lastResultAtMs = Math.min(held.heardAtMs, clock.nowMs());
      held.heardAtMs =
        Math.floor(countedFrom(lastResultAtMs, watchedUntilMs) - lastResultAtMs) + lastResultAtMs;
      if (!streakHolds) held.streak = 0;
      const vouchedMs = Number.isNaN(lastResultAtMs) ? 0 : Math.round(held.heardAtMs - lastResultAtMs);
      const entry: Entry = { ruled, inMaintenance, held, vouchedMs };
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
    /** Applies verdicts to a rule that was adopted, until it is forgotten. */
    ruleOf: ({ rule }: Ruled): ApplyVerdict => {
      const entry = entries.get(rule.id);
      if (!entry) throw new Error(`the rule "${rule.id}" was not adopted`);
      return (verdict, heardAtMs, nowMs) => {
        // A gap in which nobody looked is not bridged by the first that is heard after it.
        if (heardAtMs > silentFromMs(entry)) fallSilent(entry, nowMs);
        if (entry.vouchedMs > 0) entry.vouchedMs = 0;
        if (!countUnchanged(entry.held, verdict.ok, heardAtMs))
          commit(
            entry,
            applyResult(
              entry.ruled.rule,
              stateOf(entry.held),
              verdict,
              heardAtMs,
              nowMs,
              contextOf(entry, nowMs),
            ),
          );
        return entry.held;
      };
    },
    /** Rules without a result for too long become unknown. */
    expectResults: (nowMs: number): void => {
      if (nowMs <= allHeardUntilMs) return;
      allHeardUntilMs = Number.POSITIVE_INFINITY;
      for (const entry of entries.values()) {
        if (nowMs > silentFromMs(entry)) fallSilent(entry, nowMs);
        expectResult(entry);
      }
    },
    /** For the checkpoint: a rule with a transition still to be saved is left out, for what is saved of it is older. */
    eachSettled: async (take: (id: RuleId, held: HeldState, heardAtMs: number) => void): Promise<void> => {
      let looked = 0;
      for (const [id, entry] of entries) {
        if (!saves.isWaiting(id)) take(id, entry.held, entry.held.heardAtMs - entry.vouchedMs);
        if (++looked % COLLECTED_AT_ONCE === 0) await setImmediate();
      }
    },
    /** The clock was set to another time by so much: what was heard was heard as much later or earlier by it. */
    shift: (byMs: number): void => {
      allHeardUntilMs += byMs;
      for (const { held } of entries.values()) {
        held.heardAtMs += byMs;
        if (held.notifiedAtMs !== null) held.notifiedAtMs += byMs;
      }
    },
    hasSavesWaiting: saves.isBusy,
    unsaved: saves.size,
    lookForOverdue: saves.lookForOverdue,
    settle: saves.settle,
  };
};
