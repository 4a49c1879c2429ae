import type { Probe } from '../../domain/probe.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { Target } from '../../domain/target.ts';
import { hold } from '../../rule/held-state.ts';
import { createCheckLoop } from '../checks/check-loop.ts';
import { createOutbox } from '../delivery/outbox.ts';
import type { Observer } from '../events/observer.ts';
import type { SteadyClock } from '../pacing/steady-clock.ts';
import { createTimers } from '../pacing/timers.ts';
import type { AcquiredLease } from '../ports/lease-store.ts';
import type { Pending } from '../ports/rule-store.ts';
import type { Send } from '../ports/send.ts';
import { createCheckpoints } from '../rules/checkpoints.ts';
import { createOrphans } from '../rules/orphans.ts';
import { createRemoteDependencies } from '../rules/remote-dependencies.ts';
import { createRuleBook } from '../rules/rule-book.ts';
import { keepLease } from './keep-lease.ts';
import type { Stores } from './watched-stores.ts';

/** A deployed store is asked over connections, of which there are 128; an embedded one brings all that is asked in one
 *  turn into one commit. */
export type StoreCalls = { readonly saves: number; readonly acknowledgements: number };

export type PartsDeps = Stores & {
  readonly clock: SteadyClock;
  readonly random: () => number;
  readonly probe: Probe;
  readonly send: Send;
  readonly target: (name: string) => Target | undefined;
  readonly observer: Observer;
  readonly maxInFlight: number;
  readonly renewEveryMs: number;
  /** Calls that the store is asked for at once. */
  readonly storeCalls: StoreCalls;
};

/** What a term decides and its parts only notice. */
export type PartsEvents = {
  /** Until when all due checks are decided; null: this term does not watch all the time. */
  readonly decidedUntilMs: () => number | null;
  readonly onLeaseLost: () => void;
  readonly onHandOver: () => void;
  readonly onRuleLost: (id: RuleId) => void;
  /** The clock was set to another time by so much. */
  readonly onStep: (byMs: number) => void;
};

/** All that a term runs, wired: a check's result goes from the loop to the rule book, a transition from there through
 *  the store to the outbox. `signal` ends every wait and call. */
export const createParts = (
  deps: PartsDeps,
  { lease, incarnation }: Pick<AcquiredLease, 'lease' | 'incarnation'>,
  { isLasting, signal }: { readonly isLasting: boolean; readonly signal: AbortSignal },
  events: PartsEvents,
) => {
  const { clock, random, store, leases, history, observer, target } = deps;
  const onProblem = (message: string): void => observer.onProblem?.(message);

  const timers = createTimers(clock, byMs => {
    loop.shift(byMs);
    book.shift(byMs);
    keeper.check();
    events.onStep(byMs);
  });
  const remote = createRemoteDependencies({ clock, store, signal });
  const outbox = createOutbox({
    clock,
    timers,
    random,
    store,
    history,
    send: deps.send,
    epoch: lease.epoch,
    acknowledgementsAtOnce: deps.storeCalls.acknowledgements,
    isLasting,
    hasSavesWaiting: () => book.hasSavesWaiting(),
    target,
    onDelivery: report => observer.onDelivery?.(report),
    signal,
  });
  const orphans = createOrphans(clock, outbox.isUnderWay);
  const onSaved = (pending: Pending): void => {
    observer.onTransition?.(pending.transition);
    outbox.deliver(pending);
  };
  const book = createRuleBook({
    clock,
    random,
    store,
    holder: lease,
    savesAtOnce: deps.storeCalls.saves,
    untilHeld: () => keeper.untilHeld(),
    target,
    onSaved,
    onOverdue: outbox.deliverUnsaved,
    onMerged: outbox.forgetUnsaved,
    onFenced: events.onRuleLost,
    failsElsewhere: remote.fails,
    incarnation,
    onProblem,
    signal,
  });
  const loop = createCheckLoop({
    clock,
    timers,
    probe: deps.probe,
    maxInFlight: deps.maxInFlight,
    onCheck: check => observer.onCheck?.(check),
    ruleOf: book.ruleOf,
    unsaved: book.unsaved,
  });
  const checkpoints = createCheckpoints({
    clock,
    store,
    holder: lease,
    size: book.size,
    collect: async take => {
      await book.eachSettled(take);
      for (const [id, state] of orphans.kept())
        if (!book.has(id)) take(id, hold(state), state.lastResultAtMs ?? Number.NaN);
    },
    onFenced: events.onLeaseLost,
    onProblem,
    signal,
  });
  const keeper = keepLease(
    {
      clock,
      leases,
      renewEveryMs: deps.renewEveryMs,
      signal,
      watchedUntilMs: events.decidedUntilMs,
      onLost: events.onLeaseLost,
      onHandOver: events.onHandOver,
    },
    lease,
  );

  return { timers, remote, outbox, orphans, book, loop, checkpoints, keeper };
};
