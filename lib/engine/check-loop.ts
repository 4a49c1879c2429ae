import type { Clock } from '../domain/clock.ts';
import type { Endpoint, EndpointId } from '../domain/endpoint.ts';
import { limitMs, type Probe } from '../domain/probe.ts';
import type { ProbeResult } from '../domain/result.ts';
import type { Ticks } from '../domain/ticks.ts';
import type { RuleState } from '../domain/transition.ts';
import { dueCount, type Grid, gridsOf, lastDueMs, nextDueMs, periodMs, phaseMs } from '../schedule/grid.ts';
import { newEntry } from '../schedule/wheel.ts';
import { forcedResult, internalFailure } from './forced-result.ts';
import { record } from './histogram.ts';
import { remember } from './last-check.ts';
import { createLoopStats } from './loop-stats.ts';
import { type ApplyTo, gridIn, isNew, isOver, lookBack, newSlot, type Slot, statusOf } from './slot.ts';
import type { Check, EndpointStatus } from './status.ts';
import type { Timers } from './timers.ts';

export type CheckLoopDeps = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly probe: Probe;
  /** Checks under way at once over all endpoints; a check that waits for its place is late. */
  readonly maxInFlight: number;
  readonly onCheck: (check: Check) => void;
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

/** What a check needs is made anew for each where they come as seldom as this: kept until the next, with the signal and
 *  the connection that was closed, it is 4 KB an endpoint. No connection is kept open for so long either. */
const SELDOM_MS = 30_000;
const isSeldom = ({ grid }: Slot): boolean => grid.kind === 'cron' || grid.everyMs >= SELDOM_MS;

/** A visit stays for an endpoint whose period is shorter: while it fails, that is. */
const STAYS_BELOW_MS = 60_000;

type Span = { readonly fromMs: number; readonly toMs: number };

/** Runs each endpoint's check at its due instants, one at a time an endpoint. */
export const createCheckLoop = (deps: CheckLoopDeps) => {
  const { clock, timers, probe, maxInFlight } = deps;
  const slots = new Map<EndpointId, Slot>();
  const waiting = new Set<Slot>();
  const stats = createLoopStats(clock.nowMs());
  let lastFirstCheckMs = 0;
  let inFlight = 0;
  let missedTicks = 0;
  let stopped = false;
  let onIdle = () => {};

  const awaitNext = (slot: Slot, afterMs: number): void => {
    const nextMs = nextDueMs(slot.grid, afterMs);
    if (slot.visited && periodMs(slot.grid, nextMs) >= STAYS_BELOW_MS) timers.cancel(slot.due);
    else timers.set(slot.due, nextMs);
  };

  const miss = (slot: Slot, ticks: number): void => {
    slot.ticks.due += ticks;
    slot.ticks.missed += ticks;
    missedTicks += ticks;
  };

  const finish = (slot: Slot, endpoint: Endpoint, result: ProbeResult): void => {
    if (stopped) return;
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
    const grid = gridIn(slot, state);
    if (grid === slot.grid) return;
    slot.grid = grid;
    awaitNext(slot, nowMs);
  };

  const release = (slot: Slot): void => {
    slot.phase = 'idle';
    inFlight--;
    const [next] = waiting;
    if (next) {
      waiting.delete(next);
      start(next, clock.nowMs());
    } else if (inFlight === 0) onIdle();
  };

  const tidy = (slot: Slot): void => {
    slot.apply = null;
    slot.run = null;
    slot.onResult = null;
    slot.controller = null;
    if (slot.limit !== null) timers.cancel(slot.limit);
    slot.limit = null;
  };

  const end = (slot: Slot, result: ProbeResult): void => {
    try {
      finish(slot, slot.running, result);
    } finally {
      if (isSeldom(slot)) tidy(slot);
      release(slot);
    }
  };

  const start = (slot: Slot, nowMs: number): void => {
    const { endpoint } = slot;
    const lateMs = Math.max(0, nowMs - slot.dueAtMs);
    slot.ticks.due++;
    slot.ticks.run++;
    if (lateMs > LATE_RATIO * periodMs(slot.grid, slot.dueAtMs)) slot.ticks.late++;
    stats.ran(nowMs, lateMs);
    slot.startedAtMs = nowMs;
    const forced = forcedResult(endpoint);
    if (forced) {
      slot.phase = 'idle';
      return finish(slot, endpoint, forced);
    }
    slot.phase = 'running';
    slot.running = endpoint;
    inFlight++;
    slot.onResult ??= result => end(slot, result);
    slot.controller ??= new AbortController();
    slot.limit ??= newEntry(enforceLimit, slot);
    const limitAtMs = nowMs + limitMs(endpoint);
    // One that waits already for less finds out when it comes: to move it at each check takes 0.5 µs.
    if (slot.limit.next === null || slot.limit.atMs > limitAtMs) timers.set(slot.limit, limitAtMs);
    try {
      slot.run ??= probe(endpoint);
      slot.run(slot.controller.signal, slot.onResult);
    } catch (cause) {
      queueMicrotask(() => end(slot, internalFailure(cause)));
    }
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
    startInTurn(slot, nowMs);
  };

  const startInTurn = (slot: Slot, nowMs: number): void => {
    if (inFlight < maxInFlight || forcedResult(slot.endpoint)) return start(slot, nowMs);
    slot.phase = 'waiting';
    waiting.add(slot);
  };

  /** A waiting slot's instant is decided: it will not be run. */
  const giveUpWaiting = (slot: Slot): void => {
    if (waiting.delete(slot)) miss(slot, 1);
    if (slot.phase === 'waiting') slot.phase = 'idle';
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

  /** Ends the check under way, if its time is over: the next one may have begun since the limit was set. */
  const enforceLimit = (nowMs: number, slot: Slot): void => {
    if (slot.phase !== 'running') return;
    const limitAtMs = slot.startedAtMs + limitMs(slot.running);
    if (limitAtMs > nowMs && slot.limit !== null) return timers.set(slot.limit, limitAtMs);
    const { controller } = slot;
    slot.controller = null;
    controller?.abort();
  };

  const slotFor = (endpoint: Endpoint): Slot => {
    const slot = newSlot(endpoint, tick);
    const before = slots.get(endpoint.id);
    if (before) before.unwatched = true;
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
      const slot = known ?? slotFor(endpoint);
      if (known) {
        giveUpWaiting(known);
        if (endpoint !== known.endpoint) known.run = null;
        known.apply = null;
        known.endpoint = endpoint;
        known.grids = gridsOf(endpoint);
      }
      slot.grid = gridIn(slot, state);
      if (isOver(endpoint, state)) return timers.cancel(slot.due);
      if (!known && counted) Object.assign(slot.ticks, counted);
      if (!known) missUnwatched(slot, state, watchedUntilMs, nowMs);
      timers.set(
        slot.due,
        known ? nextDueMs(slot.grid, nowMs) : firstDueMs(endpoint, slot.grid, state, nowMs),
      );
    },
    /** Checks an endpoint now if it has a tick in a span of time (the last of them; the others are missed), or has no
     *  result yet. One that fails and whose `interval_fail` is short goes on at that pace. */
    visit: (endpoint: Endpoint, state: RuleState, { fromMs, toMs }: Span): void => {
      const nowMs = clock.nowMs();
      const slot = slotFor(endpoint);
      slot.visited = true;
      slot.grid = gridIn(slot, state);
      if (isOver(endpoint, state)) return;
      if (periodMs(slot.grid, nextDueMs(slot.grid, nowMs)) < STAYS_BELOW_MS) {
        missUnwatched(slot, state, state.lastResultAtMs, nowMs);
        return awaitNext(slot, nowMs);
      }
      // Before its first result there was no endpoint, or nobody knows since when.
      const sinceMs = state.lastResultAtMs === null ? toMs : lookBack(endpoint, fromMs, nowMs);
      const due = dueCount(slot.grid, sinceMs, toMs);
      if (due === 0 && !isNew(endpoint, state, nowMs)) return;
      if (due > 1) miss(slot, due - 1);
      slot.dueAtMs = nowMs;
      startInTurn(slot, nowMs);
    },
    /** Nothing is being checked, and nothing comes due until `ms`. */
    restsUntil: (ms: number): boolean =>
      inFlight === 0 &&
      waiting.size === 0 &&
      slots.values().every(({ due }) => due.next === null || due.atMs > ms),
    unwatch: (id: EndpointId): void => {
      const slot = slots.get(id);
      if (!slot) return;
      giveUpWaiting(slot);
      timers.cancel(slot.due);
      slot.unwatched = true;
      slots.delete(id);
    },
    status: (id: EndpointId): Omit<EndpointStatus, 'state'> | null => {
      const slot = slots.get(id);
      return slot ? statusOf(slot) : null;
    },
    ticks: (id: EndpointId): Ticks | null => slots.get(id)?.ticks ?? null,
    read: () => ({
      ...stats.read(clock.nowMs()),
      missedTicks,
      begun: slots.values().reduce((count, { startedAtMs }) => (startedAtMs > 0 ? count + 1 : count), 0),
    }),
    /** Starts nothing more and lets what is in flight finish, for `graceMs` at most. */
    drain: async (graceMs: number): Promise<void> => {
      for (const slot of slots.values()) {
        timers.cancel(slot.due);
        giveUpWaiting(slot);
      }
      if (inFlight === 0) return;
      const patience = new AbortController();
      onIdle = () => patience.abort();
      await clock.sleep(graceMs, patience.signal);
    },
    /** Ends at once: what is in flight is aborted, and its result is not applied. */
    stop: (): void => {
      stopped = true;
      for (const slot of slots.values()) {
        timers.cancel(slot.due);
        if (slot.limit !== null) timers.cancel(slot.limit);
        slot.controller?.abort();
      }
      waiting.clear();
    },
  };
};
