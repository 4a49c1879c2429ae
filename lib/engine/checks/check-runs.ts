import type { Clock } from '../../domain/clock.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import { limitMs, type Probe } from '../../domain/probe.ts';
import type { FailureReason, ProbeResult } from '../../domain/result.ts';
import { newEntry } from '../../schedule/wheel.ts';
import type { Timers } from '../pacing/timers.ts';
import { internalFailure } from './forced-result.ts';
import { isSeldom, type Slot } from './slot.ts';

export type CheckRunsDeps = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly probe: Probe;
  /** Checks under way at once over all endpoints; a check that waits for its place is late. */
  readonly maxInFlight: number;
  readonly onStart: (slot: Slot, nowMs: number) => void;
  readonly onResult: (slot: Slot, result: ProbeResult) => void;
  /** Nobody can say what came of the check: the loop stood still meanwhile. */
  readonly onUndecided: (slot: Slot) => void;
};

/** While a check is under way the loop turns at least this often: so exactly it is known how long it stood still. */
const BEAT_MS = 50;

/** Part of a check's time in which the loop may stand still, and as many ms at least. With more, a failure may be the
 *  monitor's own. */
const MOST_STILL_RATIO = 0.1;
const MOST_STILL_MS = 20;

/** Failures that a pause of the monitor can make: a limit that passed, a connection that the other side gave up, a test
 *  of `latency_ms`. What the service itself said stands. */
const MADE_BY_PAUSES: ReadonlySet<FailureReason> = new Set([
  'timeout',
  'dns',
  'connect',
  'tls',
  'protocol',
  'test',
  'signal',
]);

/** Results after which it is time to look for what is overdue: some 0.2 ms. A power of two. */
const LOOK_EVERY = 16;

/** The checks that are under way, each within its time, and those that wait for a place among them. */
export const createCheckRuns = ({
  clock,
  timers,
  probe,
  maxInFlight,
  onStart,
  onResult,
  onUndecided,
}: CheckRunsDeps) => {
  const waiting = new Set<Slot>();
  let inFlight = 0;
  let ended = 0;
  let stopped = false;
  let onIdle = () => {};

  const beat = newEntry(nowMs => {
    if (inFlight > 0) timers.set(beat, nowMs + BEAT_MS);
  });

  const isUndecided = (slot: Slot, { reason, latencyMs }: ProbeResult): boolean => {
    if (reason === null || !MADE_BY_PAUSES.has(reason)) return false;
    const nowMs = clock.nowMs();
    // To judge the answer holds up the loop as well, when nothing can happen to it any more.
    const judgingMs = Math.max(0, nowMs - slot.startedAtMs - latencyMs);
    const stillMs = timers.stoodStillMs(nowMs, judgingMs) - slot.stillBeforeMs;
    return stillMs > Math.max(MOST_STILL_MS, MOST_STILL_RATIO * latencyMs);
  };

  const release = (slot: Slot): void => {
    slot.phase = 'idle';
    inFlight--;
    if (waiting.size > 0) startNext();
    else if (inFlight === 0) onIdle();
  };

  const startNext = (): void => {
    const [next] = waiting;
    if (!next) return;
    waiting.delete(next);
    start(next, clock.nowMs());
  };

  const end = (slot: Slot, result: ProbeResult): void => {
    try {
      if (stopped) return;
      if (isUndecided(slot, result)) onUndecided(slot);
      else onResult(slot, result);
    } finally {
      if (isSeldom(slot)) dropMeans(slot);
      release(slot);
    }
    if (++ended % LOOK_EVERY === 0) timers.catchUp();
  };

  const dropMeans = (slot: Slot): void => {
    slot.runCheck = null;
    slot.applyVerdict = null;
    slot.controller = null;
    slot.signal = null;
    if (slot.limit !== null) timers.cancel(slot.limit);
    slot.limit = null;
    slot.limitFor = null;
  };

  /** Aborts the check under way if its time is over: since the limit was set, a next one may have begun. Not while an
   *  answer may be there, unread. */
  const enforceLimit = (nowMs: number, slot: Slot): void => {
    if (slot.limit !== null && timers.mayBeUnread()) return timers.set(slot.limit, nowMs);
    slot.limitFor = null;
    if (slot.phase !== 'running') return;
    if (slot.startedAtMs + limitMs(slot.running) > nowMs) return setLimit(slot, slot.running);
    const { controller } = slot;
    slot.controller = null;
    slot.signal = null;
    controller?.abort();
  };

  const setLimit = (slot: Slot, endpoint: Endpoint): void => {
    slot.limitFor = endpoint;
    slot.limit ??= newEntry(enforceLimit, slot);
    timers.set(slot.limit, slot.startedAtMs + limitMs(endpoint));
  };

  const start = (slot: Slot, nowMs: number): void => {
    const { endpoint } = slot;
    onStart(slot, nowMs);
    slot.stillBeforeMs = timers.stoodStillMs(nowMs);
    if (beat.next === null) timers.set(beat, nowMs + BEAT_MS);
    slot.phase = 'running';
    slot.running = endpoint;
    inFlight++;
    slot.controller ??= new AbortController();
    slot.signal ??= slot.controller.signal;
    if (slot.limitFor !== endpoint) setLimit(slot, endpoint);
    try {
      slot.runCheck ??= probe(endpoint, result => end(slot, result));
      slot.runCheck(slot.signal);
    } catch (cause) {
      queueMicrotask(() => end(slot, internalFailure(cause)));
    }
  };

  return {
    /** Starts a check, or lets it wait for its place. */
    startInTurn: (slot: Slot, nowMs: number): void => {
      if (inFlight < maxInFlight) return start(slot, nowMs);
      slot.phase = 'waiting';
      waiting.add(slot);
    },
    /** true: it waited, and will not be run. */
    giveUpWaiting: (slot: Slot): boolean => {
      if (!waiting.delete(slot)) return false;
      slot.phase = 'idle';
      return true;
    },
    inFlight: (): number => inFlight,
    isIdle: (): boolean => inFlight === 0 && waiting.size === 0,
    /** Lets what is in flight finish, for `graceMs` at most. */
    drain: async (graceMs: number): Promise<void> => {
      if (inFlight === 0) return;
      const patience = new AbortController();
      onIdle = () => patience.abort();
      await clock.sleep(graceMs, patience.signal);
    },
    /** No result is told any more. */
    stop: (): void => {
      stopped = true;
      waiting.clear();
    },
  };
};
