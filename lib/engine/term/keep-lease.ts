import type { Clock } from '../../domain/clock.ts';
import type { Lease } from '../../domain/lease.ts';
import type { LeaseStore } from '../ports/lease-store.ts';

/** A worker that dies is replaced after this. */
export const LEASE_TTL_MS = 10_000;
export const RENEW_EVERY_MS = 3000;
const RETRY_AFTER_MS = 1000;
/** The owner stops so long before anybody else may begin. */
const SAFETY_MS = 1000;

export type KeepLeaseDeps = {
  readonly clock: Clock;
  readonly leases: LeaseStore;
  /** Until when all due checks are decided; null: this owner does not watch all the time. */
  readonly watchedUntilMs: () => number | null;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
  readonly onLost: () => void;
  readonly onHandOver: () => void;
};

/** Renews a lease until it is lost: taken by another, or not renewed in time because the store is away. */
export const keepLease = (
  { clock, leases, watchedUntilMs, signal, onLost, onHandOver }: KeepLeaseDeps,
  first: Lease,
) => {
  let lease = first;
  let asked = false;
  let wake = () => {};

  const renew = async (): Promise<'lost' | 'renewed' | 'failed'> => {
    const limit = new AbortController();
    const leftMs = lease.expiresAtMs - SAFETY_MS - clock.nowMs();
    const cancel = clock.after(Math.min(RENEW_EVERY_MS, leftMs), () =>
      limit.abort(new Error('the store does not answer')),
    );
    try {
      const either = AbortSignal.any([signal, limit.signal]);
      const to = { expiresAtMs: clock.nowMs() + LEASE_TTL_MS, watchedUntilMs: watchedUntilMs() };
      const renewal = await leases.renew(lease, to, either);
      if (renewal.kind === 'lost') return 'lost';
      lease = renewal.lease;
      return 'renewed';
    } catch {
      return 'failed';
    } finally {
      cancel();
    }
  };

  const sleep = async (ms: number): Promise<void> => {
    const early = new AbortController();
    wake = () => early.abort();
    await clock.sleep(ms, AbortSignal.any([signal, early.signal]));
  };

  const keep = async (): Promise<void> => {
    for (let waitMs = RENEW_EVERY_MS; ; ) {
      await sleep(waitMs);
      if (signal.aborted) return;
      const outcome = await renew();
      if (signal.aborted) return;
      if (outcome === 'lost' || clock.nowMs() >= lease.expiresAtMs - SAFETY_MS) return onLost();
      if (lease.handOverRequested && !asked) {
        asked = true;
        onHandOver();
      }
      waitMs = outcome === 'renewed' ? RENEW_EVERY_MS : RETRY_AFTER_MS;
    }
  };
  void keep();

  return {
    lease: (): Lease => lease,
    /** Renews at once: there is reason to think that the lease is lost. */
    check: (): void => wake(),
  };
};
