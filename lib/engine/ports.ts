import type { EndpointId } from '../domain/endpoint.ts';
import type { Lease } from '../domain/lease.ts';
import type { Tallies } from '../domain/tallies.ts';
import type { RuleState, State, Transition } from '../domain/transition.ts';

/** Who is still to be given a saved transition: names of targets, and `history`, which every transition goes to. */
export const HISTORY = '#history';

/** A transition that is saved but not yet delivered to all. */
export type Pending = {
  readonly transition: Transition;
  readonly to: readonly string[];
};

/** So many pending transitions stand in the rule's own item (400 KB at most); later ones spill into items of their own. */
export const MAX_PENDING_IN_ITEM = 50;

export type SavedRule = {
  readonly state: RuleState;
  /** Oldest first, at most `MAX_PENDING_IN_ITEM`. */
  readonly pending: readonly Pending[];
  /** More pending transitions wait in items of their own: `loadSpilled` brings them. */
  readonly spilled: boolean;
};

/** Under what right a rule is written. */
export type Holder = Pick<Lease, 'jobset' | 'epoch'>;

export type RuleStore = {
  /** What is saved of each rule; a rule that was never saved is absent. Takes in the jobset's checkpoint, and that of
   *  the jobset which a rule comes from. */
  readonly load: (
    jobset: string,
    ids: readonly EndpointId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<EndpointId, SavedRule>>;
  /** The next pending transitions of a rule after `afterVersion`, oldest first, at most `MAX_PENDING_IN_ITEM`. */
  readonly loadSpilled: (
    id: EndpointId,
    afterVersion: number,
    signal: AbortSignal,
  ) => Promise<readonly Pending[]>;
  /** The same for a worker that begins, and `others`: rules that the jobset's checkpoint knows and that are not among
   *  `ids`, because they were removed or moved away. */
  readonly takeOver: (
    jobset: string,
    ids: readonly EndpointId[],
    signal: AbortSignal,
  ) => Promise<{
    readonly rules: ReadonlyMap<EndpointId, SavedRule>;
    readonly others: ReadonlyMap<EndpointId, SavedRule>;
  }>;
  /** The states that rules of any jobset are saved in; a rule that was never saved is absent. */
  readonly states: (
    ids: readonly EndpointId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<EndpointId, State>>;
  /** One conditional update of one item: writes the state and appends to its outbox together.
   *  `conflict`: another version is saved. `fenced`: a later epoch is. Safe to repeat. */
  readonly save: (
    holder: Holder,
    state: RuleState,
    pending: Pending,
    signal: AbortSignal,
  ) => Promise<'saved' | 'conflict' | 'fenced'>;
  /** Takes `to` off what a pending transition is still to be given. Safe to repeat. */
  readonly acknowledge: (
    epoch: number,
    id: EndpointId,
    version: number,
    to: readonly string[],
    signal: AbortSignal,
  ) => Promise<'saved' | 'fenced'>;
  /** Streaks and totals of the jobset's rules, many to an item. */
  readonly checkpoint: (holder: Holder, tallies: Tallies, signal: AbortSignal) => Promise<'saved' | 'fenced'>;
};

export type WantedLease = Pick<Lease, 'jobset' | 'owner' | 'configHash' | 'deadlineAtMs'> & {
  readonly ttlMs: number;
};

export type AcquiredLease = {
  readonly lease: Lease;
  /** Until when the jobset was watched; null when it never was. Nobody watched from then on. */
  readonly watchedUntilMs: number | null;
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

export type TransitionQuery = {
  readonly endpoint: EndpointId | null;
  /** Only transitions before this: an instant in ms, or a transition's own place `<at ms>#<id>`. */
  readonly before: string | null;
  readonly limit: number;
};

export type History = {
  /** Writes transitions by id: repeating one changes nothing. */
  readonly append: (transitions: readonly Transition[], signal: AbortSignal) => Promise<void>;
  /** Newest first. */
  readonly list: (query: TransitionQuery, signal: AbortSignal) => Promise<readonly Transition[]>;
};

/** How one attempt to deliver ended. `error` is for a person and holds no secret. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /** Try again, not before `afterMs` where the receiver said so. */
  | { readonly kind: 'failed'; readonly error: string; readonly afterMs: number | null }
  /** The receiver will never take this one. */
  | { readonly kind: 'refused'; readonly error: string };

/** Gives a transition to one target, by name. Never rejects; bounded in time by itself. */
export type Send = (target: string, transition: Transition, signal: AbortSignal) => Promise<Outcome>;
