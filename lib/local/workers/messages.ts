import type { EndpointId } from '../../domain/endpoint.ts';
import type { Jobset } from '../../domain/jobset.ts';
import type { Transition } from '../../domain/transition.ts';
import type { CheckReport, DeliveryReport } from '../../engine/events/observer.ts';
import type { CheckCounts } from '../../engine/measures/check-counts.ts';
import type { CountedTicks } from '../../engine/measures/counted-ticks.ts';
import type { LoopReading } from '../../engine/measures/loop-reading.ts';
import type { EndpointStatus } from '../../engine/measures/status.ts';
import type { Send } from '../../engine/ports/send.ts';
import type { Stores } from '../../engine/term/watched-stores.ts';
import type { CallMessage, CancelMessage, ReplyMessage } from '../store/rpc.ts';

/** The endpoint itself stays where it is: both sides know it. */
export type SentCheck = Omit<CheckReport, 'endpoint'> & { readonly id: EndpointId };
export type SentStatus = Omit<EndpointStatus, 'endpoint' | 'last'> & {
  readonly id: EndpointId;
  readonly last: SentCheck | null;
};

/** What a worker process calls in the first one: everything that there is once for all workers. */
export type FirstProcess = Stores & {
  /** Deliveries are made in one place, so that a target's rate holds over all workers. */
  readonly targets: { readonly send: Send };
  readonly ticks: {
    /** What whoever ran a jobset before has counted. */
    readonly before: (jobset: string) => Promise<CountedTicks | null>;
  };
};

/** What the first process calls in a worker process. */
export type WorkerCalls = {
  /** Runs a jobset, or goes on with what has changed in it. */
  readonly run: (jobset: Jobset) => Promise<void>;
  /** Another worker runs it. */
  readonly leave: (jobset: string) => Promise<void>;
  readonly statuses: (ids: readonly EndpointId[], signal: AbortSignal) => Promise<readonly SentStatus[]>;
  /** Endpoints whose checks are told one by one. */
  readonly tellChecks: (of: Interest) => Promise<void>;
};

/** Somebody follows the checks of all endpoints, of some, of none. */
export type Interest = 'all' | readonly EndpointId[];

export type Happening =
  | { readonly kind: 'transition'; readonly transition: Transition }
  | { readonly kind: 'delivery'; readonly report: DeliveryReport }
  | { readonly kind: 'problem'; readonly message: string };

/** Once a second. */
export type WorkerStats = {
  readonly reading: LoopReading;
  /** Checks by result since they were last told. */
  readonly checks: CheckCounts;
  readonly ticks: readonly { readonly jobset: string; readonly counted: SentTicks }[];
  readonly cpuS: number;
  readonly residentBytes: number;
};

/** Ticks of each endpoint, due, run, late and missed: numbers in one piece of memory travel in a fortieth of the time. */
export type SentTicks = {
  readonly atMs: number;
  readonly ids: readonly EndpointId[] | null;
  readonly counts: Uint32Array;
};

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly jobset: string; readonly counted: SentTicks | null }
  /** Another runs it, or will. */
  | { readonly kind: 'left'; readonly jobset: string; readonly counted: CountedTicks | null }
  | { readonly kind: 'stats'; readonly stats: WorkerStats }
  | { readonly kind: 'happened'; readonly happenings: readonly Happening[] }
  | { readonly kind: 'checked'; readonly checks: readonly SentCheck[]; readonly lostEvents: number }
  | { readonly kind: 'over' }
  | CallMessage
  | CancelMessage
  | ReplyMessage;

export type ToWorker = { readonly kind: 'end' } | CallMessage | ReplyMessage;
