import type { Lease } from '../../../lib/domain/lease.ts';
import {
  ABANDONED_AT_MS,
  type AcquiredLease,
  type WantedLease,
} from '../../../lib/engine/ports/lease-store.ts';

/** When a lease expires whose owner ended in peace. */
const RELEASED = 0;

type SavedLease = { lease: Lease; watchedUntilMs: number | null; announcedAtMs: number };

const predecessorIn = (before: SavedLease | undefined): AcquiredLease['predecessor'] => {
  if (!before || before.lease.owner === '') return 'none';
  return before.lease.expiresAtMs === RELEASED ? 'released' : 'died';
};

/** Leases as every store keeps them (`test/contract/lease-store.test.ts`), in memory: each call is done at once. */
export const createSimulatedLeases = (incarnation: string | null) => {
  const items = new Map<string, SavedLease>();
  const register = new Set<string>();
  let lastEpoch = 0;

  const heldUnder = ({ jobset, owner, epoch }: Lease): SavedLease | null => {
    const item = items.get(jobset);
    return item && item.lease.owner === owner && item.lease.epoch === epoch ? item : null;
  };

  return {
    acquire: (
      { ttlMs, ...wanted }: WantedLease,
      nowMs: number,
    ): ({ readonly kind: 'acquired' } & AcquiredLease) | { readonly kind: 'held'; readonly lease: Lease } => {
      const before = items.get(wanted.jobset);
      if (before && before.lease.owner !== wanted.owner && before.lease.expiresAtMs > nowMs)
        return { kind: 'held', lease: before.lease };
      const lease = { ...wanted, epoch: ++lastEpoch, expiresAtMs: nowMs + ttlMs, handOverRequested: false };
      const watchedUntilMs = before?.watchedUntilMs ?? null;
      register.add(wanted.jobset);
      items.set(wanted.jobset, { lease, watchedUntilMs, announcedAtMs: before?.announcedAtMs ?? 0 });
      return { kind: 'acquired', lease, watchedUntilMs, predecessor: predecessorIn(before), incarnation };
    },
    renew: (
      lease: Lease,
      to: { readonly expiresAtMs: number; readonly watchedUntilMs: number | null },
    ): { readonly kind: 'renewed'; readonly lease: Lease } | { readonly kind: 'lost' } => {
      const item = heldUnder(lease);
      if (!item || item.lease.expiresAtMs === RELEASED) return { kind: 'lost' };
      item.lease = { ...item.lease, expiresAtMs: to.expiresAtMs };
      item.watchedUntilMs = to.watchedUntilMs ?? item.watchedUntilMs;
      return { kind: 'renewed', lease: item.lease };
    },
    requestHandOver: (lease: Lease): void => {
      const item = heldUnder(lease);
      if (item) item.lease = { ...item.lease, handOverRequested: true };
    },
    release: (lease: Lease, watchedUntilMs: number | null): void => {
      const item = heldUnder(lease);
      if (!item) return;
      item.lease = { ...item.lease, expiresAtMs: RELEASED };
      item.watchedUntilMs = watchedUntilMs ?? item.watchedUntilMs;
    },
    read: (jobsets: readonly string[]) =>
      new Map(
        jobsets.flatMap(jobset => {
          const item = items.get(jobset);
          if (!item) return [];
          const unwatchedSinceMs = item.watchedUntilMs ?? item.announcedAtMs;
          return [[jobset, { lease: item.lease, unwatchedSinceMs }] as const];
        }),
      ),
    announce: (jobset: string, nowMs: number): void => {
      if (items.has(jobset)) return;
      const lease: Lease = {
        jobset,
        owner: '',
        epoch: 0,
        expiresAtMs: RELEASED,
        configHash: '',
        deadlineAtMs: null,
        handOverRequested: false,
      };
      items.set(jobset, { lease, watchedUntilMs: null, announcedAtMs: nowMs });
    },
    jobsets: (): readonly string[] => [...register],
    forget: (jobset: string): void => {
      register.delete(jobset);
    },
    /** Frees a lease whose owner is known to be dead. */
    abandon: (jobset: string, owner: string): void => {
      const item = items.get(jobset);
      if (item?.lease.owner === owner && item.lease.expiresAtMs !== RELEASED)
        item.lease = { ...item.lease, expiresAtMs: ABANDONED_AT_MS };
    },
    ownerOf: (jobset: string): string | null => items.get(jobset)?.lease.owner ?? null,
  };
};
