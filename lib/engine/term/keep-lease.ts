import type { Clock } from '../../domain/clock.ts';
import type { Lease } from '../../domain/lease.ts';
import type { LeaseStore } from '../ports/lease-store.ts';

/** A worker that dies is replaced after this. */
export const LEASE_TTL_MS = 10_000;
/** How often a deployed worker renews. Each renewal is a write that is paid for. */
export const RENEW_EVERY_MS = 3000;
const RETRY_AFTER_MS = 1000;
/** So long before it expires nobody takes it for surely held any more. */
const SAFETY_MS = 1000;
/** A renewal that takes longer is tried again. */
const ANSWERED_WITHIN_MS = 3000;

export type KeepLeaseDeps = {
  readonly clock: Clock;
  readonly leases: Pick<LeaseStore, 'renew'>;
  readonly renewEveryMs: number;
  /** Until when all due checks are decided; null: this owner does not watch all the time. */
  readonly watchedUntilMs: () => number | null;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
  /** Another has it. */
  readonly onLost: () => void;
  readonly onHandOver: () => void;
};

/** Renews a lease until another has it. While the store is away nobody can say so, and checks do no harm: saves are
 *  fenced by the epoch. */
export const keepLease = (
  { clock, leases, renewEveryMs, watchedUntilMs, signal, onLost, onHandOver }: KeepLeaseDeps,
  first: Lease,
) => {
  let lease = first;
  let asked = false;
  let wake = () => {};
  /** By this process's own reckoning, which no clock step moves. */
  let heldUntilMs = clock.monotonicMs() + LEASE_TTL_MS - SAFETY_MS;
  let held = Promise.withResolvers<void>();

  const renew = async (): Promise<'lost' | 'renewed' | 'failed'> => {
    const limit = new AbortController();
    const cancel = clock.after(ANSWERED_WITHIN_MS, () => limit.abort(new Error('the store does not answer')));
    try {
      const either = AbortSignal.any([signal, limit.signal]);
      const startedMs = clock.monotonicMs();
      const to = { expiresAtMs: clock.nowMs() + LEASE_TTL_MS, watchedUntilMs: watchedUntilMs() };
      const renewal = await leases.renew(lease, to, either);
      if (renewal.kind === 'lost') return 'lost';
      lease = renewal.lease;
      heldUntilMs = startedMs + LEASE_TTL_MS - SAFETY_MS;
      held.resolve();
      held = Promise.withResolvers();
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
    for (let waitMs = renewEveryMs; ; ) {
      await sleep(waitMs);
      if (signal.aborted) return;
      const outcome = await renew();
      if (signal.aborted) return;
      if (outcome === 'lost') return onLost();
      if (lease.handOverRequested && !asked) {
        asked = true;
        onHandOver();
      }
      waitMs = outcome === 'renewed' ? renewEveryMs : RETRY_AFTER_MS;
    }
  };
  void keep();

  return {
    lease: (): Lease => lease,
    /** null: it is surely held. Else it is renewed at once, and resolves when that went through. */
    untilHeld: (): Promise<void> | null => {
      if (clock.monotonicMs() < heldUntilMs) return null;
      wake();
      return held.promise;
    },
    /** Renews at once: there is reason to think that the lease is lost, or the clock was set to another time. */
    check: (): void => wake(),
  };
};
