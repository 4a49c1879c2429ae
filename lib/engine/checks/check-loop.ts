import type { Endpoint, EndpointId } from '../../domain/endpoint.ts';
import { limitMs } from '../../domain/probe.ts';
import type { ProbeResult } from '../../domain/result.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { Ticks } from '../../domain/ticks.ts';
import type { RuleState } from '../../domain/transition.ts';
import { dueCount, lastDueMs, nextDueMs, periodMs } from '../../schedule/grid.ts';
import { shortestPeriodMs } from '../../schedule/periods.ts';
import type { CheckReport } from '../events/observer.ts';
import { record } from '../measures/histogram.ts';
import { createLoopStats } from '../measures/loop-stats.ts';
import type { EndpointStatus } from '../measures/status.ts';
import type { ApplyVerdict } from '../rules/rule-book.ts';
import { type CheckRunsDeps, createCheckRuns } from './check-runs.ts';
import { createFirstChecks } from './first-checks.ts';
import { forcedResult } from './forced-result.ts';
import { remember } from './last-check.ts';
import {
  changesGrid,
  goOnCounting,
  isNew,
  isOver,
  lookBack,
  newSlot,
  type Slot,
  setGrid,
  statusOf,
  ticksOf,
} from './slot.ts';

export type CheckLoopDeps = Omit<CheckRunsDeps, 'onStart' | 'onResult' | 'onUndecided'> & {
  readonly onCheck: (check: CheckReport) => void;
  /** The rule of an endpoint, found once for all its checks. */
  readonly ruleOf: (endpoint: Endpoint) => ApplyVerdict;
  /** Transitions that are still to be saved. */
  readonly unsaved: () => number;
};

/** Started later than this part of the interval after it was due, a tick counts as late. */
const LATE_RATIO = 0.1;

/** A rule that has no result yet is not left unknown for a whole long interval: its first check comes this soon. */
const FIRST_CHECK_WITHIN_MS = 5000;

/** A burst goes on checking only endpoints that are due more often than this (failing, on `interval_fail`); the others
 *  wait for the next minute. */
const STAYS_BELOW_MS = 60_000;

type Span = { readonly fromMs: number; readonly toMs: number };

/** Runs each endpoint's check at its due instants, one at a time an endpoint. */
export const createCheckLoop = (deps: CheckLoopDeps) => {
  const { clock, timers } = deps;
  const slots = new Map<EndpointId, Slot>();
  const stats = createLoopStats(clock.nowMs());
  let missedTicks = 0;
  /** By how much the clock was set to another time, in all: figures of the last seconds go on. */
  let steppedMs = 0;
  /** Slots that had a check. */
  let begun = 0;

  const awaitNext = (slot: Slot, afterMs: number): void => {
    const nextMs = nextDueMs(slot.grid, afterMs);
    if (slot.inBurst && periodMs(slot.grid, nextMs) >= STAYS_BELOW_MS) timers.cancel(slot.due);
    else timers.set(slot.due, nextMs);
  };

  const miss = (slot: Slot, ticks: number): void => {
    slot.ticksDue += ticks;
    slot.ticksMissed += ticks;
    missedTicks += ticks;
  };

  const begin = (slot: Slot, nowMs: number): void => {
    const lateMs = Math.max(0, nowMs - slot.dueAtMs);
    slot.ticksDue++;
    slot.ticksRun++;
    if (lateMs > LATE_RATIO * periodMs(slot.grid, slot.dueAtMs)) slot.ticksLate++;
    stats.ran(nowMs - steppedMs, lateMs);
    if (slot.startedAtMs === 0) begun++;
    slot.startedAtMs = nowMs;
  };

  const finish = (slot: Slot, endpoint: Endpoint, result: ProbeResult): void => {
    const nowMs = clock.nowMs();
    // After a pause of the monitor, an answer is heard when it came at the latest.
    const heardAtMs = Math.min(nowMs, slot.startedAtMs + limitMs(endpoint));
    const lateMs = slot.startedAtMs - slot.dueAtMs;
    record(slot.histogram, result.latencyMs, lateMs + result.latencyMs);
    const check = { endpoint, atMs: slot.startedAtMs, lateMs, result };
    slot.last = remember(slot.last, check);
    deps.onCheck(check);
    if (slot.unwatched || endpoint !== slot.endpoint) return;
    slot.applyVerdict ??= deps.ruleOf(endpoint);
    const state = slot.applyVerdict(result, heardAtMs, nowMs);
    if (isOver(endpoint, state)) return timers.cancel(slot.due);
    if (!changesGrid(slot, state)) return;
    setGrid(slot, state);
    awaitNext(slot, nowMs);
  };

  /** A tick that was run and decided nothing counts as missed. */
  const undo = (slot: Slot): void => {
    slot.ticksRun--;
    slot.ticksMissed++;
    missedTicks++;
  };

  const runs = createCheckRuns({
    ...deps,
    onStart: begin,
    onResult: (slot, result) => finish(slot, slot.running, result),
    onUndecided: undo,
  });

  const run = (slot: Slot, nowMs: number): void => {
    const forced = forcedResult(slot.endpoint);
    if (forced === null) return runs.startInTurn(slot, nowMs);
    begin(slot, nowMs);
    finish(slot, slot.endpoint, forced);
  };

  const tick = (nowMs: number, slot: Slot): void => {
    const dueAtMs = slot.due.atMs;
    const later = dueCount(slot.grid, dueAtMs, nowMs);
    const lastMs = later > 0 ? lastDueMs(slot.grid, dueAtMs, nowMs) : dueAtMs;
    awaitNext(slot, lastMs);
    const behind = later + (slot.phase === 'waiting' ? 1 : 0);
    if (behind > 0 && !timers.isRecovering(nowMs)) stats.fellBehind(nowMs - steppedMs, behind);
    if (slot.phase !== 'idle') return miss(slot, later + 1);
    if (later > 0) miss(slot, later);
    slot.dueAtMs = lastMs;
    run(slot, nowMs);
  };

  /** A waiting slot's instant is decided: it will not be run. */
  const giveUpWaiting = (slot: Slot): void => {
    if (runs.giveUpWaiting(slot)) miss(slot, 1);
  };

  /** What came due while nobody watched. */
  const missUnwatched = (
    slot: Slot,
    state: RuleState,
    watchedUntilMs: number | null,
    nowMs: number,
  ): void => {
    if (watchedUntilMs === null || state.lastResultAtMs === null) return;
    const fromMs = lookBack(slot.endpoint, watchedUntilMs, nowMs);
    if (fromMs < nowMs) miss(slot, dueCount(slot.grid, fromMs, nowMs));
  };

  /** On its grid, unless that is too far away. */
  const awaitFirst = (slot: Slot, fromMs: number): void => {
    const dueMs = nextDueMs(slot.grid, fromMs);
    timers.set(slot.due, dueMs - fromMs <= FIRST_CHECK_WITHIN_MS ? dueMs : fromMs);
  };

  const firstChecks = createFirstChecks({ clock, timers, onTurn: awaitFirst, unsaved: deps.unsaved });

  const startWatching = (slot: Slot, state: RuleState, nowMs: number): void => {
    const { endpoint, grid } = slot;
    if (endpoint.schedule.kind === 'cron' || !isNew(endpoint, state, nowMs))
      timers.set(slot.due, nextDueMs(grid, nowMs));
    else if (endpoint.startDelayMs > 0) awaitFirst(slot, nowMs + endpoint.startDelayMs);
    else firstChecks.add(slot);
  };

  /** Nothing more starts by itself. */
  const rest = (slot: Slot): void => {
    giveUpWaiting(slot);
    firstChecks.remove(slot);
    timers.cancel(slot.due);
  };

  const unwatch = (id: RuleId): void => {
    const slot = slots.get(id as EndpointId);
    if (!slot) return;
    rest(slot);
    slot.unwatched = true;
    if (slot.startedAtMs > 0) begun--;
    slots.delete(slot.endpoint.id);
  };

  const slotFor = (endpoint: Endpoint, state: RuleState): Slot => {
    unwatch(endpoint.id);
    const slot = newSlot(endpoint, state, tick);
    slots.set(endpoint.id, slot);
    return slot;
  };

  return {
    /** Starts to check an endpoint, or goes on with its new definition. `counted`: its ticks up to `watchedUntilMs`. */
    watch: (
      endpoint: Endpoint,
      state: RuleState,
      watchedUntilMs: number | null,
      counted: Ticks | null = null,
    ): void => {
      const nowMs = clock.nowMs();
      const known = slots.get(endpoint.id);
      const slot = known ?? slotFor(endpoint, state);
      if (known) {
        giveUpWaiting(known);
        if (endpoint !== known.endpoint) known.runCheck = null;
        known.applyVerdict = null;
        known.endpoint = endpoint;
        setGrid(known, state);
      }
      if (isOver(endpoint, state)) return timers.cancel(slot.due);
      timers.expectPeriod(shortestPeriodMs(endpoint.schedule));
      if (!known && counted) goOnCounting(slot, counted);
      if (!known) missUnwatched(slot, state, watchedUntilMs, nowMs);
      if (known) timers.set(slot.due, nextDueMs(slot.grid, nowMs));
      else startWatching(slot, state, nowMs);
    },
    /** Checks an endpoint now if it has a tick in a span of time (the last of them; the others are missed), or has no
     *  result yet. One that fails and whose `interval_fail` is short goes on at that pace. */
    burst: (endpoint: Endpoint, state: RuleState, { fromMs, toMs }: Span): void => {
      const nowMs = clock.nowMs();
      const slot = slotFor(endpoint, state);
      slot.inBurst = true;
      if (isOver(endpoint, state)) return;
      if (periodMs(slot.grid, nextDueMs(slot.grid, nowMs)) < STAYS_BELOW_MS) {
        timers.expectPeriod(shortestPeriodMs(endpoint.schedule));
        missUnwatched(slot, state, state.lastResultAtMs, nowMs);
        return awaitNext(slot, nowMs);
      }
      // Before its first result there was no endpoint, or nobody knows since when.
      const sinceMs = state.lastResultAtMs === null ? toMs : lookBack(endpoint, fromMs, nowMs);
      const due = dueCount(slot.grid, sinceMs, toMs);
      if (due === 0 && !isNew(endpoint, state, nowMs)) return;
      if (due > 1) miss(slot, due - 1);
      slot.dueAtMs = nowMs;
      run(slot, nowMs);
    },
    /** Nothing is being checked, and nothing comes due until `ms`. */
    restsUntil: (ms: number): boolean =>
      runs.isIdle() && slots.values().every(({ due }) => due.next === null || due.atMs > ms),
    unwatch,
    status: (id: EndpointId): Omit<EndpointStatus, 'state'> | null => {
      const slot = slots.get(id);
      return slot ? statusOf(slot) : null;
    },
    ticks: (id: EndpointId): Ticks | null => {
      const slot = slots.get(id);
      return slot ? ticksOf(slot) : null;
    },
    read: () => ({
      ...stats.read(clock.nowMs() - steppedMs),
      missedTicks,
      begun,
      unchecked: firstChecks.size(),
    }),
    /** The clock was set to another time by so much: what is under way began as much later or earlier by it, and due
     *  instants lie elsewhere. */
    shift: (byMs: number): void => {
      const nowMs = clock.nowMs();
      steppedMs += byMs;
      for (const slot of slots.values()) {
        if (slot.startedAtMs > 0) slot.startedAtMs += byMs;
        slot.dueAtMs += byMs;
        if (slot.due.next !== null) timers.set(slot.due, nextDueMs(slot.grid, nowMs));
      }
    },
    /** Starts nothing more and lets what is in flight finish, for `graceMs` at most. */
    drain: async (graceMs: number): Promise<void> => {
      for (const slot of slots.values()) rest(slot);
      await runs.drain(graceMs);
    },
    /** Ends at once: what is in flight is aborted, and its result is not applied. */
    stop: (): void => {
      runs.stop();
      for (const slot of slots.values()) {
        timers.cancel(slot.due);
        if (slot.limit !== null) timers.cancel(slot.limit);
        slot.controller?.abort();
      }
    },
  };
};
