import type { Endpoint, EndpointId } from '../../domain/endpoint.ts';
import type { ProbeResult } from '../../domain/result.ts';
import type { Ticks } from '../../domain/ticks.ts';
import type { RuleState } from '../../domain/transition.ts';
import { dueCount, type Grid, lastDueMs, nextDueMs, periodMs, phaseMs } from '../../schedule/grid.ts';
import { shortestPeriodMs } from '../../schedule/periods.ts';
import type { CheckReport } from '../events/observer.ts';
import { record } from '../measures/histogram.ts';
import { createLoopStats } from '../measures/loop-stats.ts';
import type { EndpointStatus } from '../measures/status.ts';
import type { ApplyTo } from '../rules/rule-book.ts';
import { type CheckRunsDeps, createCheckRuns } from './check-runs.ts';
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

export type CheckLoopDeps = Omit<CheckRunsDeps, 'onStart' | 'onResult'> & {
  readonly onCheck: (check: CheckReport) => void;
  /** The rule of an endpoint, found once for all its checks. */
  readonly ruleOf: (endpoint: Endpoint) => ApplyTo;
};

/** Started later than this part of the interval after it was due, a tick counts as late. */
const LATE_RATIO = 0.1;

/** A rule that has no result yet is not left unknown for a whole long interval: its first check comes this soon. */
const FIRST_CHECK_WITHIN_MS = 5000;

/** A first check connects, and makes a transition that is saved: 1 to 2 ms of CPU. At once, thousands would hold up
 *  all others; at 250 a second they take a third of the process. */
const FIRST_CHECKS_APART_MS = 4;

/** A burst stays for an endpoint whose period is shorter: while it fails, that is. */
const STAYS_BELOW_MS = 60_000;

type Span = { readonly fromMs: number; readonly toMs: number };

/** Runs each endpoint's check at its due instants, one at a time an endpoint. */
export const createCheckLoop = (deps: CheckLoopDeps) => {
  const { clock, timers } = deps;
  const slots = new Map<EndpointId, Slot>();
  const stats = createLoopStats(clock.nowMs());
  let lastFirstCheckMs = 0;
  let missedTicks = 0;
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
    stats.ran(nowMs, lateMs);
    if (slot.startedAtMs === 0) begun++;
    slot.startedAtMs = nowMs;
  };

  const finish = (slot: Slot, endpoint: Endpoint, result: ProbeResult): void => {
    const nowMs = clock.nowMs();
    const lateMs = slot.startedAtMs - slot.dueAtMs;
    record(slot.histogram, result.latencyMs, lateMs + result.latencyMs);
    const check = { endpoint, atMs: slot.startedAtMs, lateMs, result };
    slot.last = remember(slot.last, check);
    deps.onCheck(check);
    if (slot.unwatched || endpoint !== slot.endpoint) return;
    slot.apply ??= deps.ruleOf(endpoint);
    const state = slot.apply(result, nowMs);
    if (isOver(endpoint, state)) return timers.cancel(slot.due);
    if (!changesGrid(slot, state)) return;
    setGrid(slot, state);
    awaitNext(slot, nowMs);
  };

  const runs = createCheckRuns({
    ...deps,
    onStart: begin,
    onResult: (slot, result) => finish(slot, slot.running, result),
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
    if (behind > 0) stats.fellBehind(nowMs, behind);
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

  const firstDueMs = (endpoint: Endpoint, grid: Grid, state: RuleState, nowMs: number): number => {
    if (!isNew(endpoint, state, nowMs)) return nextDueMs(grid, nowMs);
    lastFirstCheckMs = Math.max(nowMs, lastFirstCheckMs + FIRST_CHECKS_APART_MS);
    const fromMs = lastFirstCheckMs + endpoint.startDelayMs;
    const dueMs = nextDueMs(grid, fromMs);
    return endpoint.schedule.kind === 'cron' || dueMs - fromMs <= FIRST_CHECK_WITHIN_MS
      ? dueMs
      : fromMs + phaseMs(endpoint.id, FIRST_CHECK_WITHIN_MS);
  };

  const unwatch = (id: EndpointId): void => {
    const slot = slots.get(id);
    if (!slot) return;
    giveUpWaiting(slot);
    timers.cancel(slot.due);
    slot.unwatched = true;
    if (slot.startedAtMs > 0) begun--;
    slots.delete(id);
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
        if (endpoint !== known.endpoint) known.run = null;
        known.apply = null;
        known.endpoint = endpoint;
        setGrid(known, state);
      }
      if (isOver(endpoint, state)) return timers.cancel(slot.due);
      timers.mind(shortestPeriodMs(endpoint.schedule));
      if (!known && counted) goOnCounting(slot, counted);
      if (!known) missUnwatched(slot, state, watchedUntilMs, nowMs);
      timers.set(
        slot.due,
        known ? nextDueMs(slot.grid, nowMs) : firstDueMs(endpoint, slot.grid, state, nowMs),
      );
    },
    /** Checks an endpoint now if it has a tick in a span of time (the last of them; the others are missed), or has no
     *  result yet. One that fails and whose `interval_fail` is short goes on at that pace. */
    burst: (endpoint: Endpoint, state: RuleState, { fromMs, toMs }: Span): void => {
      const nowMs = clock.nowMs();
      const slot = slotFor(endpoint, state);
      slot.inBurst = true;
      if (isOver(endpoint, state)) return;
      if (periodMs(slot.grid, nextDueMs(slot.grid, nowMs)) < STAYS_BELOW_MS) {
        timers.mind(shortestPeriodMs(endpoint.schedule));
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
    read: () => ({ ...stats.read(clock.nowMs()), missedTicks, begun }),
    /** Starts nothing more and lets what is in flight finish, for `graceMs` at most. */
    drain: async (graceMs: number): Promise<void> => {
      for (const slot of slots.values()) {
        timers.cancel(slot.due);
        giveUpWaiting(slot);
      }
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
