import type { Endpoint, EndpointId } from '../../domain/endpoint.ts';
import type { RuleId } from '../../domain/rule.ts';
import { isSelf } from '../../domain/self.ts';
import type { Ticks } from '../../domain/ticks.ts';
import type { RuleState } from '../../domain/transition.ts';
import { dueCount, gridOf } from '../../schedule/grid.ts';
import { newEntry } from '../../schedule/wheel.ts';
import { lookBack } from '../checks/slot.ts';
import type { CountedTicks } from '../measures/counted-ticks.ts';
import type { EndpointStatus } from '../measures/status.ts';
import { ABANDONED_AT_MS, type AcquiredLease } from '../ports/lease-store.ts';
import { HISTORY, type SavedRule } from '../ports/rule-store.ts';
import { graceOf, type Mode, type TermEnd } from './mode.ts';
import { createParts, type PartsDeps } from './parts.ts';

export type TermDeps = PartsDeps;

const LOOK_EVERY_MS = 1000;
/** A transition handed to the store at most so many renewals before the end of what was watched may not have been told: a
 *  worker that lives on tells it as soon as it hears that it is saved, 9 s later at most where it is deployed. */
const TOLD_WITHIN_RENEWALS = 4;

/** First checks come one after the other: what the monitor says of itself comes first. */
const selfFirst = (endpoints: readonly Endpoint[]): readonly Endpoint[] => [
  ...endpoints.filter(isSelf),
  ...endpoints.filter(endpoint => !isSelf(endpoint)),
];

const idsOf = (endpoints: readonly Endpoint[]): readonly EndpointId[] => endpoints.map(({ id }) => id);

/** Where a term is.
 *
 *   loading ──▶ running ──▶ ending ──▶ over
 *      └──────────┴────────────┴────────┘
 *
 *  `loading`: the lease is held, what is saved is being read, nothing may be said or saved yet. `running`: checks, rules,
 *  deliveries. `ending`: no check starts, what is under way ends and is saved. `over`: nothing runs, nothing is written;
 *  a term that is lost gets here at once. `wasRunning`: the ticks up to `atMs` are decided. */
type Phase =
  | { readonly kind: 'loading' }
  | { readonly kind: 'running' }
  | {
      readonly kind: 'ending' | 'over';
      readonly by: TermEnd;
      readonly atMs: number;
      /** What the loop turned up to without a gap: the end may come right behind a pause. */
      readonly turnedUntilMs: number;
      readonly wasRunning: boolean;
    };

/** A worker's time with a jobset under one epoch (Raft's word): checks, rules, delivery and the lease that allows them. */
export const beginTerm = (
  deps: TermDeps,
  mode: Mode,
  acquired: AcquiredLease,
  countedBefore: CountedTicks | null = null,
) => {
  const { clock, store, leases, observer } = deps;
  const { lease, watchedUntilMs, predecessor } = acquired;
  const over = new AbortController();
  const { signal } = over;
  let phase: Phase = { kind: 'loading' };
  /** Endpoints that are to be watched, by the files. */
  let watched: ReadonlyMap<EndpointId, Endpoint> = new Map();
  /** For those that the term begins with: whoever comes later was not watched meanwhile. */
  let counted = countedBefore;
  let resolveEnd: (end: TermEnd) => void = () => {};
  const ended = new Promise<TermEnd>(resolve => {
    resolveEnd = resolve;
  });

  const hasEnded = (): boolean => phase.kind === 'ending' || phase.kind === 'over';
  const stoppedAtMs = (): number | null => ('atMs' in phase ? phase.atMs : null);

  const decidedUntilMs = (): number | null => {
    if (phase.kind === 'loading' || ('wasRunning' in phase && !phase.wasRunning)) return null;
    switch (mode.kind) {
      case 'loop':
        return 'turnedUntilMs' in phase ? phase.turnedUntilMs : timers.turnedUntilMs();
      case 'burst':
        return phase.kind === 'running' ? null : Math.max(mode.untilMs, watchedUntilMs ?? 0);
      case 'drain':
        return null;
      default:
        return mode satisfies never;
    }
  };

  const forget = (id: RuleId): void => {
    loop.unwatch(id);
    book.forget(id);
  };

  const followRemote = (): void => void remote.follow(book.all(), book.has).catch(() => {});

  /** Either the lease is lost, or the rule has moved to a jobset that another worker runs already. */
  const loseRule = (id: RuleId): void => {
    const name = book.ruled(id)?.rule.subject.name ?? id;
    forget(id);
    followRemote();
    keeper.check();
    observer.onProblem?.(`"${name}" is run by another worker now`);
  };

  const { timers, remote, outbox, orphans, book, loop, checkpoints, keeper } = createParts(
    deps,
    acquired,
    { isLasting: mode.kind === 'loop', signal },
    {
      decidedUntilMs,
      onLeaseLost: () => void end('lost'),
      onHandOver: () => void end('handed-over'),
      onRuleLost: loseRule,
      onStep: byMs => {
        if ('atMs' in phase)
          phase = { ...phase, atMs: phase.atMs + byMs, turnedUntilMs: phase.turnedUntilMs + byMs };
        // Instants that are saved are those of another time now.
        if (phase.kind === 'running') void checkpoints.save();
      },
    },
  );

  /** A lease that is released says that all is saved and told. */
  const leave = async (): Promise<void> => {
    const lease = keeper.lease();
    const left = { expiresAtMs: ABANDONED_AT_MS, watchedUntilMs: decidedUntilMs() };
    const leaving =
      book.unsaved() > 0
        ? leases.renew(lease, left, signal)
        : leases.release(lease, left.watchedUntilMs, signal);
    await leaving.catch(() => {});
  };

  /** While the lease lasts: what is in flight ends, all is saved, then the lease is free for the next. */
  const endInPeace = async (by: Exclude<TermEnd, 'lost'>, wasRunning: boolean): Promise<void> => {
    const { checksMs, savesMs } = graceOf(mode, by);
    await loop.drain(checksMs);
    loop.stop();
    await Promise.all([book.settle(savesMs), outbox.settle(savesMs)]);
    if (wasRunning) await checkpoints.save();
    await leave();
  };

  const end = async (by: TermEnd): Promise<void> => {
    if (hasEnded()) return;
    const wasRunning = phase.kind === 'running';
    const ending = { by, atMs: clock.nowMs(), turnedUntilMs: timers.turnedUntilMs(), wasRunning };
    phase = { kind: 'ending', ...ending };
    if (by === 'lost') loop.stop();
    else await endInPeace(by, wasRunning);
    phase = { kind: 'over', ...ending };
    over.abort();
    timers.stop();
    resolveEnd(by);
  };

  const look = newEntry(nowMs => {
    // Else results may be there, unread.
    if (!timers.mayBeUnread()) book.expectResults(nowMs);
    book.lookForOverdue();
    timers.set(look, nowMs + LOOK_EVERY_MS);
  });

  /** Missed ticks count from the later of the endpoint's last result (in whichever jobset) and the time up to which this
   *  jobset was watched. */
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

  /** false: the worker before died, and may have heard results of the endpoint that were not saved. */
  const streakHolds = (endpoint: Endpoint, { lastResultAtMs, state }: RuleState): boolean => {
    if (predecessor !== 'died' || lastResultAtMs === null) return true;
    const aliveUntilMs = Math.min(clock.nowMs(), (watchedUntilMs ?? lastResultAtMs) + deps.renewEveryMs);
    const fromMs = lookBack(endpoint, lastResultAtMs, aliveUntilMs);
    return dueCount(gridOf(endpoint, state === 'fail'), fromMs, aliveUntilMs) === 0;
  };

  const tellUntold = ({ pending }: SavedRule): void => {
    const sinceMs = (watchedUntilMs ?? 0) - TOLD_WITHIN_RENEWALS * deps.renewEveryMs;
    for (const { transition, to } of pending)
      if ((transition.handedAtMs ?? transition.atMs) > sinceMs && to.includes(HISTORY))
        observer.onTransition?.(transition);
  };

  const takeOver = (id: RuleId, rule: SavedRule): void => {
    if (predecessor === 'died') tellUntold(rule);
    outbox.takeOver(id, rule);
  };

  const adopt = (
    list: readonly Endpoint[],
    saved: ReadonlyMap<RuleId, SavedRule>,
    countsFromMs: number | null,
  ): void => {
    for (const endpoint of list) {
      const rule = saved.get(endpoint.id);
      if (rule) takeOver(endpoint.id, rule);
      // Of a rule that comes from another jobset, nobody here vouches.
      const vouchesMs = rule && rule.jobset !== lease.jobset ? null : countsFromMs;
      book.adopt(endpoint, rule, vouchesMs, !rule || streakHolds(endpoint, rule.state));
    }
    book.expectResults(clock.nowMs());
    for (const endpoint of list) start(endpoint, countsFromMs);
  };

  /** Its file was away for a moment: it goes on from what is known, which is newer than what is saved. */
  const comeBack = (endpoint: Endpoint, state: RuleState): void => {
    book.adopt(endpoint, { jobset: lease.jobset, state, pending: [], spilled: false }, null);
    book.expectResults(clock.nowMs());
    start(endpoint, null);
  };

  /** What the worker before this one ran and no file defines any more: somebody may still wait for its transitions. */
  const adoptOthers = (others: ReadonlyMap<RuleId, SavedRule>): void => {
    for (const [id, rule] of others) {
      orphans.add(id, rule.state);
      takeOver(id, rule);
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
        store.takeOver(lease.jobset, [...ids], signal),
        remote.follow(list, id => ids.has(id)),
      ]);
      if (hasEnded()) return 'ended';
      timers.sync();
      phase = { kind: 'running' };
      // Only who watches all the time vouches for the time since the last result.
      adopt(list, rules, mode.kind === 'loop' ? watchedUntilMs : null);
      counted = null;
      adoptOthers(others);
      timers.set(look, clock.nowMs() + LOOK_EVERY_MS);
      void checkpoints.keepSaving(hasEnded);
      void remote.keepReading();
      return 'begun';
    },
    /** Goes on with other endpoints; one that is the same object as before is not touched. */
    update: async (endpoints: ReadonlyMap<EndpointId, Endpoint>): Promise<void> => {
      const before = watched;
      watched = endpoints;
      for (const id of before.keys()) {
        if (endpoints.has(id) || !book.has(id)) continue;
        orphans.add(id, book.state(id));
        forget(id);
      }
      const added: Endpoint[] = [];
      for (const endpoint of endpoints.values()) {
        const known = book.has(endpoint.id) ? null : orphans.take(endpoint.id);
        if (known) comeBack(endpoint, known);
        else if (!book.has(endpoint.id)) added.push(endpoint);
        else if (before.get(endpoint.id) !== endpoint) {
          book.adopt(endpoint, undefined, null);
          loop.watch(endpoint, book.state(endpoint.id), null);
        }
      }
      const saved = added.length > 0 ? await store.load(lease.jobset, idsOf(added), signal) : new Map();
      if (hasEnded()) return;
      adopt(added, saved, null);
      followRemote();
    },
    isOver: hasEnded,
    status,
    /** As they are counted up to now, or to the end. */
    ticks: (): CountedTicks => {
      const ticks = new Map<EndpointId, Ticks>();
      for (const id of watched.keys()) {
        const one = loop.ticks(id);
        if (one) ticks.set(id, one);
      }
      return { atMs: stoppedAtMs() ?? clock.nowMs(), ticks };
    },
    read: () => ({
      ...loop.read(),
      states: book.count(),
      unsaved: book.unsaved(),
      overdueMs: phase.kind === 'running' ? timers.overdueMs() : Number.POSITIVE_INFINITY,
    }),
    /** Nothing is being checked and nothing comes due until `ms`. */
    restsUntil: loop.restsUntil,
    /** Some transitions are not delivered to all yet. */
    isDelivering: outbox.isDelivering,
  };
};

export type Term = ReturnType<typeof beginTerm>;
