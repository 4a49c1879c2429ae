import type { EndpointId } from '../../../lib/domain/endpoint.ts';
import type { JobsetKind } from '../../../lib/domain/jobset.ts';

/** From `atMs` on, a service is like this: `up` answers in time, `down` refuses at once, `silent` never answers. */
export type ServiceChange = { readonly atMs: number; readonly mode: 'up' | 'down' | 'silent' };

/** From `atMs` on, a target is like this: `forgetful` takes a transition and its answer gets lost. */
export type TargetChange = {
  readonly atMs: number;
  readonly mode: 'up' | 'down' | 'slow' | 'refusing' | 'forgetful';
};

export type EndpointPlan = {
  readonly id: EndpointId;
  readonly jobset: string;
  readonly everyMs: number;
  readonly failEveryMs: number;
  readonly timeoutMs: number;
  readonly staleAfterMs: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly remindEveryMs: number | null;
  /** A success test on the latency; null: none. */
  readonly latencyLimitMs: number | null;
  readonly targets: readonly string[];
  readonly dependsOn: readonly string[];
  readonly answersAfterMs: number;
  /** Ascending; `up` before the first. */
  readonly service: readonly ServiceChange[];
};

export type TargetPlan = {
  readonly name: string;
  readonly maxPerSecond: number;
  readonly answersAfterMs: number;
  /** Ascending; `up` before the first. */
  readonly changes: readonly TargetChange[];
};

/** Whom a fault hits: the process that began to run this jobset last. */
type OfJobset = { readonly jobset: string };

export type Edit =
  | { readonly kind: 'remove' | 'add' | 'disable' | 'enable'; readonly endpoint: string }
  | { readonly kind: 'move'; readonly endpoint: string; readonly jobset: string };

export type Fault = { readonly atMs: number } & (
  | /** The store answers nobody, or one process only. `silent`: no answer at all. */ {
      readonly kind: 'outage';
      readonly forMs: number;
      readonly how: 'refused' | 'silent';
      readonly jobset: string | null;
    }
  | /** A part of the calls is not done, or done and its answer lost. */ {
      readonly kind: 'lossy';
      readonly forMs: number;
      readonly ratio: number;
      readonly lost: 'request' | 'answer';
    }
  | { readonly kind: 'slow-store'; readonly forMs: number; readonly delayMs: number }
  /** The process stands still; after it, answers are read first or timers run first. */
  | (OfJobset & {
      readonly kind: 'pause';
      readonly forMs: number;
      readonly how: 'stopped' | 'suspended';
      readonly answersFirst: boolean;
    })
  | (OfJobset & { readonly kind: 'step'; readonly byMs: number })
  | (OfJobset & { readonly kind: 'crash' | 'restart'; readonly backAfterMs: number })
  /** Another worker asks for the lease, as a deployment or a change of assignment does. */
  | (OfJobset & { readonly kind: 'relief' })
  | { readonly kind: 'edit'; readonly edit: Edit }
);

/** What may befall a world. */
export const FAULTS = [
  'outage',
  'lossy',
  'slow-store',
  'pause',
  'step',
  'crash',
  'restart',
  'relief',
  'edit',
] as const satisfies readonly Fault['kind'][];

/** `machine`: a process for each jobset, one wall clock, leases of dead processes are freed at the start. `cloud`: a
 *  worker comes each minute and relieves the one before, each with a clock of its own, and a sweeper looks after all. */
export type World = {
  readonly seed: number;
  readonly kind: 'machine' | 'cloud';
  /** `burst`, in the cloud only: each worker checks what is due, and ends. */
  readonly jobsetKind: JobsetKind;
  /** In the cloud, a worker comes this often. */
  readonly comesEveryMs: number;
  /** Faults come until then; from then on all is well. */
  readonly faultsUntilMs: number;
  readonly jobsets: readonly string[];
  readonly maxInFlight: number;
  /** By how much the wall clock runs too fast. */
  readonly driftRatio: number;
  readonly endpoints: readonly EndpointPlan[];
  readonly targets: readonly TargetPlan[];
  /** In order of `atMs`. */
  readonly faults: readonly Fault[];
};

/** What a timeline says of an instant. */
export const modeAt = <Mode>(
  changes: readonly { readonly atMs: number; readonly mode: Mode }[],
  atMs: number,
  before: Mode,
): Mode => {
  let mode = before;
  for (const change of changes) {
    if (change.atMs > atMs) break;
    mode = change.mode;
  }
  return mode;
};
