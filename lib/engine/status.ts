import type { Endpoint } from '../domain/endpoint.ts';
import type { ProbeResult } from '../domain/result.ts';
import type { Ticks } from '../domain/ticks.ts';
import type { RuleState, Transition } from '../domain/transition.ts';
import type { Outcome } from './ports.ts';

/** In ms; null while nothing was measured. */
export type Percentiles = {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
};

export type Check = {
  readonly endpoint: Endpoint;
  /** When it started. */
  readonly atMs: number;
  /** How long after its due instant it started. */
  readonly lateMs: number;
  readonly result: ProbeResult;
};

export type EndpointStatus = {
  readonly endpoint: Endpoint;
  readonly state: RuleState;
  readonly last: Check | null;
  readonly ticks: Ticks;
  readonly latency: Percentiles;
  /** From the due instant to the answer. */
  readonly response: Percentiles;
};

/** How the check loop does: rates and lateness over the last 10 s. `self` is not counted among the endpoints. */
export type LoopStatus = {
  readonly endpoints: number;
  readonly failing: number;
  readonly unknown: number;
  readonly checksPerSecond: number;
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Since the start. */
  readonly missedTicks: number;
  /** No turn of the loop when one was due. */
  readonly stalled: boolean;
  /** The last call of the store went through. */
  readonly storeReachable: boolean;
  /** Checks come due faster than they can run. */
  readonly scalingLimitHit: boolean;
  /** How many of the endpoints the loop keeps up with, about; all of them while the limit is not hit. */
  readonly endpointsFit: number;
};

export type DeliveryReport = {
  readonly transition: Transition;
  readonly target: string;
  readonly outcome: Outcome;
  /** From 1. */
  readonly attempt: number;
};

/** What one may watch of a running engine. Called synchronously on the check path: be quick, do not throw. */
export type Observer = {
  /** The lease is taken, the states are loaded: checks run from now on. */
  readonly onBegin?: () => void;
  /** No check runs any more; what the worker tells of itself can be read for the last time. */
  readonly onEnd?: () => void;
  readonly onCheck?: (check: Check) => void;
  /** Once it is saved. */
  readonly onTransition?: (transition: Transition) => void;
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Something that a person must know and no other call says: a store outage, a lost lease. */
  readonly onProblem?: (message: string) => void;
};
