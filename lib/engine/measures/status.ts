import type { Endpoint } from '../../domain/endpoint.ts';
import type { Ticks } from '../../domain/ticks.ts';
import type { RuleState } from '../../domain/transition.ts';
import type { CheckReport } from '../events/observer.ts';

/** In ms; null while nothing was measured. */
export type Percentiles = {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
};

export type EndpointStatus = {
  readonly endpoint: Endpoint;
  readonly state: RuleState;
  readonly last: CheckReport | null;
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
  /** Endpoints that still wait for their first check. */
  readonly unchecked: number;
  /** Transitions that wait to be saved: the store is away, or slow. */
  readonly unsaved: number;
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
