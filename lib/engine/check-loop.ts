import type { Clock } from '../domain/clock.ts';
import type { Endpoint, EndpointId } from '../domain/endpoint.ts';
import { limitMs, type Probe } from '../domain/probe.ts';
import type { ProbeResult } from '../domain/result.ts';
import type { RuleState } from '../domain/transition.ts';
import { type Grid, gridsOf, phaseMs } from '../schedule/grid.ts';
import { type Entry, newEntry } from '../schedule/wheel.ts';
import { forcedResult, internalFailure } from './forced-result.ts';
import { createHistogram, type Histogram, percentileMs, record } from './histogram.ts';
import { createLoopStats } from './loop-stats.ts';
import type { Check, EndpointStatus, Percentiles } from './status.ts';
import type { Timers } from './timers.ts';

export type CheckLoopDeps = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly probe: Probe;
  /** Checks under way at once over all endpoints; a check that waits for its place is late. */
  readonly maxInFlight: number;
  readonly onCheck: (check: Check) => void;
  /** Applies a result to the endpoint's rule and says what came of it. */
  readonly judge: (endpoint: Endpoint, result: ProbeResult, nowMs: number) => RuleState;
};

/** Started later than this part of the interval after it was due, a tick counts as late. */
const LATE_RATIO = 0.1;

/** A rule that has no result yet is not left unknown for a whole long interval: its first check comes this soon. */
const FIRST_CHECK_WITHIN_MS = 5000;

/** A first check connects, and makes a transition that is saved: 1 to 2 ms of CPU. At once, thousands would hold up
 *  all others; at 250 a second they take a third of the process. */
const FIRST_CHECKS_APART_MS = 4;

type Slot = {
  endpoint: Endpoint;
  grids: { readonly normal: Grid; readonly failing: Grid };
  grid: Grid;
  phase: 'idle' | 'waiting' | 'running';
  /** The instant that is waited for, or that is being run. */
  dueAtMs: number;
  startedAtMs: number;
  controller: AbortController | null;
  readonly due: Entry;
  readonly limit: Entry;
  readonly ticks: { due: number; run: number; late: number; missed: number };
  readonly latency: Histogram;
  readonly response: Histogram;
  last: Check | null;
};

const percentiles = (histogram: Histogram): Percentiles => ({
  p50: percentileMs([histogram], 0.5),
  p95: percentileMs([histogram], 0.95),
  p99: percentileMs([histogram], 0.99),
});

const isOver = (endpoint: Endpoint, state: RuleState): boolean =>
  endpoint.status === 'disabled' || (endpoint.runs > 0 && state.runs >= endpoint.runs);

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

  const miss = (slot: Slot, ticks: number): void => {
    slot.ticks.due += ticks;
    slot.ticks.missed += ticks;
    missedTicks += ticks;
  };

  const finish = (slot: Slot, endpoint: Endpoint, result: ProbeResult): void => {
    if (stopped) return;
    const nowMs = clock.nowMs();
    const lateMs = slot.startedAtMs - slot.dueAtMs;
    record(slot.latency, result.latencyMs);
    record(slot.response, lateMs + result.latencyMs);
    slot.last = { endpoint, atMs: slot.startedAtMs, lateMs, result };
    deps.onCheck(slot.last);
    if (slots.get(endpoint.id) !== slot || endpoint !== slot.endpoint) return;
    const state = deps.judge(endpoint, result, nowMs);
    if (isOver(endpoint, state)) return timers.cancel(slot.due);
    const grid = state.state === 'fail' ? slot.grids.failing : slot.grids.normal;
    if (grid === slot.grid) return;
    slot.grid = grid;
    timers.set(slot.due, grid.next(nowMs));
  };

  const release = (slot: Slot): void => {
    timers.cancel(slot.limit);
    slot.phase = 'idle';
    slot.controller = null;
    inFlight--;
    const [next] = waiting;
    if (next) {
      waiting.delete(next);
      start(next, clock.nowMs());
    } else if (inFlight === 0) onIdle();
  };

  const run = async (slot: Slot, endpoint: Endpoint, signal: AbortSignal): Promise<void> => {
    try {
      finish(slot, endpoint, await probe(endpoint, signal).catch(internalFailure));
    } finally {
      release(slot);
    }
  };

  const start = (slot: Slot, nowMs: number): void => {
    const { endpoint } = slot;
    const lateMs = Math.max(0, nowMs - slot.dueAtMs);
    slot.ticks.due++;
    slot.ticks.run++;
    if (lateMs > LATE_RATIO * slot.grid.periodMs(slot.dueAtMs)) slot.ticks.late++;
    stats.ran(nowMs, lateMs);
    slot.startedAtMs = nowMs;
    const forced = forcedResult(endpoint);
    if (forced) {
      slot.phase = 'idle';
      return finish(slot, endpoint, forced);
    }
    slot.phase = 'running';
    inFlight++;
    slot.controller = new AbortController();
    timers.set(slot.limit, nowMs + limitMs(endpoint));
    void run(slot, endpoint, slot.controller.signal);
  };

  const tick = (slot: Slot, nowMs: number): void => {
    const dueAtMs = slot.due.atMs;
    const later = slot.grid.between(dueAtMs, nowMs);
    const lastMs = later.count > 0 ? later.lastMs : dueAtMs;
    timers.set(slot.due, slot.grid.next(lastMs));
    if (slot.phase !== 'idle') return miss(slot, later.count + 1);
    if (later.count > 0) {
      miss(slot, later.count);
      stats.fellBehind(nowMs, later.count);
    }
    slot.dueAtMs = lastMs;
    if (inFlight < maxInFlight || forcedResult(slot.endpoint)) return start(slot, nowMs);
    slot.phase = 'waiting';
    waiting.add(slot);
  };

  /** A waiting slot's instant is decided: it will not be run. */
  const giveUpWaiting = (slot: Slot): void => {
    if (waiting.delete(slot)) miss(slot, 1);
    if (slot.phase === 'waiting') slot.phase = 'idle';
  };

  const firstDueMs = (endpoint: Endpoint, grid: Grid, state: RuleState, nowMs: number): number => {
    const isNew = state.lastResultAtMs === null || nowMs - state.lastResultAtMs > endpoint.rule.staleAfterMs;
    if (!isNew) return grid.next(nowMs);
    lastFirstCheckMs = Math.max(nowMs, lastFirstCheckMs + FIRST_CHECKS_APART_MS);
    const fromMs = lastFirstCheckMs + endpoint.startDelayMs;
    const dueMs = grid.next(fromMs);
    return endpoint.schedule.kind === 'cron' || dueMs - fromMs <= FIRST_CHECK_WITHIN_MS
      ? dueMs
      : fromMs + phaseMs(endpoint.id, FIRST_CHECK_WITHIN_MS);
  };

  const newSlot = (endpoint: Endpoint): Slot => {
    const grids = gridsOf(endpoint);
    const slot: Slot = {
      endpoint,
      grids,
      grid: grids.normal,
      phase: 'idle',
      dueAtMs: 0,
      startedAtMs: 0,
      controller: null,
      due: newEntry(nowMs => tick(slot, nowMs)),
      limit: newEntry(() => slot.controller?.abort()),
      ticks: { due: 0, run: 0, late: 0, missed: 0 },
      latency: createHistogram(),
      response: createHistogram(),
      last: null,
    };
    return slot;
  };

  const statusOf = (slot: Slot): Omit<EndpointStatus, 'state'> => ({
    endpoint: slot.endpoint,
    last: slot.last,
    ticks: { ...slot.ticks },
    latency: percentiles(slot.latency),
    response: percentiles(slot.response),
  });

  return {
    /** Starts to check an endpoint, or goes on with its new definition. */
    watch: (endpoint: Endpoint, state: RuleState): void => {
      const nowMs = clock.nowMs();
      const known = slots.get(endpoint.id);
      const slot = known ?? newSlot(endpoint);
      slots.set(endpoint.id, slot);
      if (known) {
        giveUpWaiting(known);
        known.endpoint = endpoint;
        known.grids = gridsOf(endpoint);
      }
      slot.grid = state.state === 'fail' ? slot.grids.failing : slot.grids.normal;
      if (isOver(endpoint, state)) timers.cancel(slot.due);
      else
        timers.set(slot.due, known ? slot.grid.next(nowMs) : firstDueMs(endpoint, slot.grid, state, nowMs));
    },
    unwatch: (id: EndpointId): void => {
      const slot = slots.get(id);
      if (!slot) return;
      giveUpWaiting(slot);
      timers.cancel(slot.due);
      slots.delete(id);
    },
    status: (id: EndpointId): Omit<EndpointStatus, 'state'> | null => {
      const slot = slots.get(id);
      return slot ? statusOf(slot) : null;
    },
    read: () => ({ ...stats.read(clock.nowMs()), missedTicks }),
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
        timers.cancel(slot.limit);
        slot.controller?.abort();
      }
      waiting.clear();
    },
  };
};
