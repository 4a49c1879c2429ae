import type { Clock } from '../domain/clock.ts';
import type { Lease } from '../domain/lease.ts';
import type { LeaseStore } from './ports.ts';

/** A worker that dies is replaced after this. */
export const LEASE_TTL_MS = 10_000;
const RENEW_EVERY_MS = 3000;
const RETRY_AFTER_MS = 1000;
/** The owner stops so long before anybody else may begin. */
const SAFETY_MS = 1000;

export type KeepLeaseDeps = {
  readonly clock: Clock;
  readonly leases: LeaseStore;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
  readonly onLost: () => void;
  readonly onHandOver: () => void;
};

/** Renews a lease until it is lost: taken by another, or not renewed in time because the store is away. */
export const keepLease = ({ clock, leases, signal, onLost, onHandOver }: KeepLeaseDeps, first: Lease) => {
  let lease = first;
  let asked = false;

  const renew = async (): Promise<'lost' | 'renewed' | 'failed'> => {
    const limit = new AbortController();
    const cancel = clock.after(RENEW_EVERY_MS, () => limit.abort(new Error('the store does not answer')));
    try {
      const either = AbortSignal.any([signal, limit.signal]);
      const renewal = await leases.renew(lease, LEASE_TTL_MS, clock.nowMs(), either);
      if (renewal.kind === 'lost') return 'lost';
      lease = renewal.lease;
      return 'renewed';
    } catch {
      return 'failed';
    } finally {
      cancel();
    }
  };

  const keep = async (): Promise<void> => {
    for (let waitMs = RENEW_EVERY_MS; ; ) {
      await clock.sleep(waitMs, signal);
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

  return { lease: (): Lease => lease };
};
