import type { Lease } from '../../domain/lease.ts';

/** A lease renewed to this instant is free, and its owner known to be dead. */
export const ABANDONED_AT_MS = 1;

export type WantedLease = Pick<Lease, 'jobset' | 'owner' | 'configHash' | 'deadlineAtMs'> & {
  readonly ttlMs: number;
};

export type AcquiredLease = {
  readonly lease: Lease;
  /** Until when the jobset was watched; null when it never was. Nobody watched from then on. */
  readonly watchedUntilMs: number | null;
  /** How the owner before ended. `released`: all that it heard is saved. `died`: not what it heard last. */
  readonly predecessor: 'none' | 'released' | 'died';
  /** Tells apart the lives of a store that can be restored, damaged or emptied, so that versions count twice; null for a
   *  store that has one life. */
  readonly incarnation: string | null;
};

export type LeaseStore = {
  /** Takes a lease that is free, expired or already the owner's. */
  readonly acquire: (
    wanted: WantedLease,
    nowMs: number,
    signal: AbortSignal,
  ) => Promise<
    (AcquiredLease & { readonly kind: 'acquired' }) | { readonly kind: 'held'; readonly lease: Lease }
  >;
  /** `watchedUntilMs`: until when all due checks are decided; null leaves what was said before. */
  readonly renew: (
    lease: Lease,
    to: { readonly expiresAtMs: number; readonly watchedUntilMs: number | null },
    signal: AbortSignal,
  ) => Promise<{ readonly kind: 'renewed'; readonly lease: Lease } | { readonly kind: 'lost' }>;
  /** Asks the owner under `lease` to hand over; does nothing when it has changed. */
  readonly requestHandOver: (lease: Lease, signal: AbortSignal) => Promise<void>;
  /** Frees the lease; does nothing when it has changed. `watchedUntilMs` as for `renew`. */
  readonly release: (lease: Lease, watchedUntilMs: number | null, signal: AbortSignal) => Promise<void>;
  /** The leases of jobsets as they stand; a jobset that never had one is absent. `unwatchedSinceMs`: until when it was
   *  watched for the last time, or when it was announced. */
  readonly read: (
    jobsets: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, { readonly lease: Lease; readonly unwatchedSinceMs: number }>>;
  /** Says that a worker of a jobset should come; does nothing where there is a lease. */
  readonly announce: (jobset: string, nowMs: number, signal: AbortSignal) => Promise<void>;
  /** Every jobset that ever had a lease and was not forgotten. */
  readonly jobsets: (signal: AbortSignal) => Promise<readonly string[]>;
  /** A jobset that no deployment has any more, and that nothing is left of. */
  readonly forget: (jobset: string, signal: AbortSignal) => Promise<void>;
};
