import type { Clock } from '../../domain/clock.ts';
import type { Endpoint, EndpointId } from '../../domain/endpoint.ts';
import type { Probe } from '../../domain/probe.ts';
import type { RuleId } from '../../domain/rule.ts';
import { isSelf } from '../../domain/self.ts';
import type { Target } from '../../domain/target.ts';
import type { Ticks } from '../../domain/ticks.ts';
import type { RuleState } from '../../domain/transition.ts';
import { hold } from '../../rule/held-state.ts';
import { newEntry } from '../../schedule/wheel.ts';
import { createCheckLoop } from '../checks/check-loop.ts';
import { createOutbox } from '../delivery/outbox.ts';
import type { Observer } from '../events/observer.ts';
import type { CountedTicks } from '../measures/counted-ticks.ts';
import type { EndpointStatus } from '../measures/status.ts';
import { createTimers } from '../pacing/timers.ts';
import type { AcquiredLease } from '../ports/lease-store.ts';
import type { SavedRule } from '../ports/rule-store.ts';
import type { Send } from '../ports/send.ts';
import { createCheckpoints } from '../rules/checkpoints.ts';
import { createOrphans } from '../rules/orphans.ts';
import { createRemoteDependencies } from '../rules/remote-dependencies.ts';
import { createRuleBook } from '../rules/rule-book.ts';
import { keepLease } from './keep-lease.ts';
import { graceOf, type Mode, type TermEnd } from './mode.ts';
import type { Stores } from './watched-stores.ts';

export type TermDeps = Stores & {
  readonly clock: Clock;
  readonly random: () => number;
  readonly probe: Probe;
  readonly send: Send;
  readonly target: (name: string) => Target | undefined;
  readonly observer: Observer;
  readonly maxInFlight: number;
};

const LOOK_FOR_SILENCE_EVERY_MS = 1000;

/** First checks come one after the other, which takes a minute for 15,000: what the monitor says of itself comes first. */
const selfFirst = (endpoints: readonly Endpoint[]): readonly Endpoint[] => [
  ...endpoints.filter(isSelf),
  ...endpoints.filter(endpoint => !isSelf(endpoint)),
];

const idsOf = (endpoints: readonly Endpoint[]): readonly EndpointId[] => endpoints.map(({ id }) => id);

/** A worker's time with a jobset under one epoch: checks, rules, delivery and the lease that allows them. */
export const beginTerm = (
  deps: TermDeps,
  mode: Mode,
  { lease, watchedUntilMs }: AcquiredLease,
  countedBefore: CountedTicks | null = null,
) => {
  const { clock, store, leases, observer } = deps;
  const { jobset, epoch } = lease;
  const over = new AbortController();
  const { signal } = over;
  /** All that is saved is taken over: before that, nothing may be said or saved of the jobset. */
  let begun = false;
  /** What is to be watched, by the files. */
  let watched: ReadonlyMap<EndpointId, Endpoint> = new Map();
  let endedBy: TermEnd | null = null;
  let stoppedAtMs: number | null = null;
  /** For those that the term begins with: whoever comes later was not watched meanwhile. */
  let counted = countedBefore;
  let resolveEnd: (end: TermEnd) => void = () => {};
  const ended = new Promise<TermEnd>(resolve => {
    resolveEnd = resolve;
  });

  /** All ticks up to then are decided. */
  const decidedUntilMs = (): number | null => {
    if (!begun) return null;
    switch (mode.kind) {
      case 'loop':
        return stoppedAtMs ?? clock.nowMs();
      case 'burst':
        return stoppedAtMs === null ? null : Math.max(mode.untilMs, watchedUntilMs ?? 0);
      case 'drain':
        return null;
      default:
        return mode satisfies never;
    }
  };

  const timers = createTimers(clock, () => void end('clock-set-back'));
  const remote = createRemoteDependencies({ ...deps, signal });
  const delivery = createOutbox({
    ...deps,
    timers,
    epoch,
    signal,
    isLasting: mode.kind === 'loop',
    hasSavesWaiting: () => book.hasSavesWaiting(),
    onDelivery: report => observer.onDelivery?.(report),
  });
  const orphans = createOrphans(clock, delivery.isUnderWay);
  const book = createRuleBook({
    ...deps,
    holder: lease,
    signal,
    failsElsewhere: remote.fails,
    onSaved: pending => {
      observer.onTransition?.(pending.transition);
      delivery.deliver(pending);
    },
    onFenced: id => loseRule(id),
    onProblem: message => observer.onProblem?.(message),
  });
  const loop = createCheckLoop({
    ...deps,
    timers,
    onCheck: check => observer.onCheck?.(check),
    ruleOf: book.ruleOf,
  });

  const followRemote = (): void => void remote.follow(book.all(), book.has).catch(() => {});

  const forget = (id: RuleId): void => {
    loop.unwatch(id as EndpointId);
    book.forget(id);
  };

  /** Either the lease is lost, or the endpoint has moved to a jobset that another worker runs already. */
  const loseRule = (id: RuleId): void => {
    const name = book.ruled(id)?.rule.subject.name ?? id;
    forget(id);
    followRemote();
    keeper.check();
    observer.onProblem?.(`"${name}" is run by another worker now`);
  };

  const checkpoints = createCheckpoints({
    clock,
    store,
    holder: lease,
    size: book.size,
    collect: async take => {
      await book.eachSettled(take);
      for (const [id, state] of orphans.kept()) if (!book.has(id)) take(id, hold(state));
    },
    onFenced: () => void end('lost'),
    onProblem: message => observer.onProblem?.(message),
    signal,
  });

  /** While the lease lasts: what is in flight ends, all is saved, then the lease is free for the next. */
  const endInPeace = async ({ checksMs, savesMs }: ReturnType<typeof graceOf>): Promise<void> => {
    await loop.drain(checksMs);
    loop.stop();
    await Promise.all([book.settle(savesMs), delivery.settle(savesMs)]);
    if (begun) await checkpoints.save();
    await leases.release(keeper.lease(), decidedUntilMs(), signal).catch(() => {});
  };

  const end = async (by: TermEnd): Promise<void> => {
    if (endedBy) return;
    endedBy = by;
    stoppedAtMs = clock.nowMs();
    if (by === 'lost') loop.stop();
    else await endInPeace(graceOf(mode, by));
    over.abort();
    timers.stop();
    resolveEnd(by);
  };

  const keeper = keepLease(
    {
      clock,
      leases,
      signal,
      watchedUntilMs: decidedUntilMs,
      onLost: () => void end('lost'),
      onHandOver: () => void end('handed-over'),
    },
    lease,
  );

  const lookForSilence = newEntry(nowMs => {
    // Else results may be there, unread.
    if (!timers.isCatchingUp()) book.expectResults(nowMs);
    timers.set(lookForSilence, nowMs + LOOK_FOR_SILENCE_EVERY_MS);
  });

  /** Whoever had the last result watched up to then, in whatever jobset. */
  const watch = (endpoint: Endpoint, state: RuleState, countsFromMs: number | null): void => {
    const before = counted?.ticks.get(endpoint.id);
    if (counted && before) return loop.watch(endpoint, state, counted.atMs, before);
    const fromMs = countsFromMs === null ? null : Math.max(countsFromMs, state.lastResultAtMs ?? 0);
    loop.watch(endpoint, state, fromMs);
  };

  const start = (endpoint: Endpoint, countsFromMs: number | null): void => {
    const state = book.state(endpoint.id);
    switch (mode.kind) {
      case 'loop':
        return watch(endpoint, state, countsFromMs);
      case 'burst':
        return loop.burst(endpoint, state, { fromMs: watchedUntilMs ?? mode.untilMs, toMs: mode.untilMs });
      case 'drain':
        return;
      default:
        return mode satisfies never;
    }
  };

  const adopt = (
    list: readonly Endpoint[],
    saved: ReadonlyMap<RuleId, SavedRule>,
    countsFromMs: number | null,
  ): void => {
    for (const endpoint of list) {
      const rule = saved.get(endpoint.id);
      if (rule) delivery.takeOver(endpoint.id, rule);
      book.adopt(endpoint, rule, countsFromMs);
    }
    book.expectResults(clock.nowMs());
    for (const endpoint of list) start(endpoint, countsFromMs);
  };

  /** What the worker before this one ran and no file defines any more: somebody may still wait for its transitions. */
  const adoptOthers = (others: ReadonlyMap<RuleId, SavedRule>): void => {
    for (const [id, rule] of others) {
      orphans.add(id, rule.state);
      delivery.takeOver(id, rule);
    }
  };

  const status = (id: EndpointId): EndpointStatus | null => {
    const ofLoop = loop.status(id);
    return ofLoop && { ...ofLoop, state: book.state(id) };
  };

  return {
    ended,
    end,
    /** Loads what is saved and starts, unless the term has ended meanwhile. Rejects when the store cannot be read. */
    begin: async (endpoints: ReadonlyMap<EndpointId, Endpoint>): Promise<'begun' | 'ended'> => {
      watched = endpoints;
      const list = selfFirst([...endpoints.values()]);
      const ids: ReadonlySet<RuleId> = new Set(idsOf(list));
      const [{ rules, others }] = await Promise.all([
        store.takeOver(jobset, [...ids], signal),
        remote.follow(list, id => ids.has(id)),
      ]);
      if (endedBy) return 'ended';
      begun = true;
      // Only who watches all the time vouches for the time since the last result.
      adopt(list, rules, mode.kind === 'loop' ? watchedUntilMs : null);
      counted = null;
      adoptOthers(others);
      timers.set(lookForSilence, clock.nowMs() + LOOK_FOR_SILENCE_EVERY_MS);
      void checkpoints.keepSaving(() => endedBy !== null);
      void remote.keepReading();
      return 'begun';
    },
    /** Goes on with other endpoints; one that is the same object as before is not touched. */
    update: async (endpoints: ReadonlyMap<EndpointId, Endpoint>): Promise<void> => {
      for (const { id } of watched.values()) {
        if (endpoints.has(id) || !book.has(id)) continue;
        orphans.add(id, book.state(id));
        forget(id);
      }
      const added: Endpoint[] = [];
      for (const endpoint of endpoints.values()) {
        if (!book.has(endpoint.id)) added.push(endpoint);
        else if (watched.get(endpoint.id) !== endpoint) {
          book.adopt(endpoint, undefined, null);
          loop.watch(endpoint, book.state(endpoint.id), null);
        }
      }
      watched = endpoints;
      const saved = added.length > 0 ? await store.load(jobset, idsOf(added), signal) : new Map();
      if (endedBy) return;
      adopt(added, saved, null);
      followRemote();
    },
    isOver: (): boolean => endedBy !== null,
    status,
    /** As they are counted up to now, or to the end. */
    ticks: (): CountedTicks => {
      const ticks = new Map<EndpointId, Ticks>();
      for (const id of watched.keys()) {
        const one = loop.ticks(id);
        if (one) ticks.set(id, one);
      }
      return { atMs: stoppedAtMs ?? clock.nowMs(), ticks };
    },
    read: () => ({ ...loop.read(), states: book.count(), overdueMs: timers.overdueMs() }),
    /** Nothing is being checked and nothing comes due until `ms`. */
    restsUntil: loop.restsUntil,
    /** Some transitions are not delivered to all yet. */
    isDelivering: delivery.isDelivering,
  };
};

export type Term = ReturnType<typeof beginTerm>;
