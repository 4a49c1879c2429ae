import type { Endpoint } from '../../domain/endpoint.ts';
import type { RunCheck } from '../../domain/probe.ts';
import type { Ticks } from '../../domain/ticks.ts';
import type { RuleState } from '../../domain/transition.ts';
import { type Grid, gridOf, hasTwoGrids } from '../../schedule/grid.ts';
import { type Entry, newEntry } from '../../schedule/wheel.ts';
import { type Counted, percentileMs } from '../measures/buckets.ts';
import { countsOf, createHistogram, type Histogram } from '../measures/histogram.ts';
import type { EndpointStatus, Percentiles } from '../measures/status.ts';
import type { Applied, ApplyVerdict } from '../rules/rule-book.ts';
import { checkOf, type LastCheck } from './last-check.ts';

/** One endpoint in the check loop: when it is due, what is under way, what was measured. */
export type Slot = {
  endpoint: Endpoint;
  grid: Grid;
  /** Whether it is the grid of an endpoint that fails. */
  failing: boolean;
  phase: 'idle' | 'waiting' | 'running';
  /** Only visited: its long periods are left to the next burst. */
  inBurst: boolean;
  /** No longer in the loop: what is under way is its last check, and changes nothing. */
  unwatched: boolean;
  /** The instant that is waited for, or that is being run. */
  dueAtMs: number;
  startedAtMs: number;
  /** How long the loop had stood still, in all, when the check began. */
  stillBeforeMs: number;
  /** As it was when its check began. */
  running: Endpoint;
  /** Rule of `endpoint`; null until its next check finds it. */
  applyVerdict: ApplyVerdict | null;
  /** Prepared probe of `endpoint`; null until its next check prepares it. */
  runCheck: RunCheck | null;
  /** The same for each check until it aborts one, or the next is far away: a new one takes 0.6 µs a check, a kept one
   *  500 bytes. */
  controller: AbortController | null;
  /** The controller's: to ask it each time would be two objects more to fetch. */
  signal: AbortSignal | null;
  due: Entry;
  /** Wheel entry of the time limit, made on first use. */
  limit: Entry | null;
  /** Endpoint whose time limit waits in the wheel. A check need not look at it, nor touch its neighbours there: since it
   *  was set for an earlier one, it comes too soon and is set again. */
  limitFor: Endpoint | null;
  ticksDue: number;
  ticksRun: number;
  ticksLate: number;
  ticksMissed: number;
  readonly histogram: Histogram;
  last: LastCheck | null;
};

const NOTHING = newEntry(() => {});

export const newSlot = (
  endpoint: Endpoint,
  { state }: RuleState,
  onDue: (nowMs: number, slot: Slot) => void,
): Slot => {
  const failing = state === 'fail';
  const slot: Slot = {
    endpoint,
    grid: gridOf(endpoint, failing),
    failing,
    phase: 'idle',
    inBurst: false,
    unwatched: false,
    dueAtMs: 0,
    startedAtMs: 0,
    stillBeforeMs: 0,
    running: endpoint,
    applyVerdict: null,
    runCheck: null,
    controller: null,
    signal: null,
    due: NOTHING,
    limit: null,
    limitFor: null,
    ticksDue: 0,
    ticksRun: 0,
    ticksLate: 0,
    ticksMissed: 0,
    histogram: createHistogram(),
    last: null,
  };
  slot.due = newEntry(onDue, slot);
  return slot;
};

/** Its due instants as its endpoint and its rule's state want them. */
export const setGrid = (slot: Slot, { state }: Applied): void => {
  slot.failing = state === 'fail';
  slot.grid = gridOf(slot.endpoint, slot.failing);
};

/** true: a result has changed the state, and with it the due instants. */
export const changesGrid = ({ endpoint, failing }: Slot, { state }: Applied): boolean =>
  (state === 'fail') !== failing && hasTwoGrids(endpoint);

/** What a check needs is made anew for each where they come as seldom as this: kept until the next, with the signal and
 *  the connection that was closed, it is 4 KB an endpoint. No connection is kept open for so long either. */
const SELDOM_MS = 30_000;
export const isSeldom = ({ grid }: Slot): boolean => grid.kind === 'cron' || grid.everyMs >= SELDOM_MS;

/** Never checked, or not for so long that its state says nothing any more. */
export const isNew = ({ rule }: Endpoint, { lastResultAtMs }: RuleState, nowMs: number): boolean =>
  lastResultAtMs === null || nowMs - lastResultAtMs > rule.staleAfterMs;

export const isOver = (endpoint: Endpoint, { runs }: Applied): boolean =>
  endpoint.status === 'disabled' || (endpoint.runs > 0 && runs >= endpoint.runs);

/** The instants of a cron expression are found one by one, 15 µs each: what was missed is counted over this time. */
const CRON_LOOKS_BACK_MS = 3_600_000;

export const lookBack = ({ schedule }: Endpoint, fromMs: number, nowMs: number): number =>
  schedule.kind === 'cron' ? Math.max(fromMs, nowMs - CRON_LOOKS_BACK_MS) : fromMs;

const percentiles = (counted: Counted): Percentiles => ({
  p50: percentileMs(counted, 0.5),
  p95: percentileMs(counted, 0.95),
  p99: percentileMs(counted, 0.99),
});

export const goOnCounting = (slot: Slot, { due, run, late, missed }: Ticks): void => {
  slot.ticksDue = due;
  slot.ticksRun = run;
  slot.ticksLate = late;
  slot.ticksMissed = missed;
};

export const ticksOf = ({ ticksDue, ticksRun, ticksLate, ticksMissed }: Slot): Ticks => ({
  due: ticksDue,
  run: ticksRun,
  late: ticksLate,
  missed: ticksMissed,
});

export const statusOf = (slot: Slot): Omit<EndpointStatus, 'state'> => ({
  endpoint: slot.endpoint,
  last: slot.last && checkOf(slot.last),
  ticks: ticksOf(slot),
  latency: percentiles(countsOf(slot.histogram, 'latency')),
  response: percentiles(countsOf(slot.histogram, 'response')),
});
