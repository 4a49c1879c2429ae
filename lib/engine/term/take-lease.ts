import type { Clock } from '../../domain/clock.ts';
import type { Lease } from '../../domain/lease.ts';
import { backOffMs } from '../pacing/back-off.ts';
import type { AcquiredLease, LeaseStore, WantedLease } from '../ports/lease-store.ts';
import { LEASE_TTL_MS, RENEW_EVERY_MS } from './keep-lease.ts';

/** What a worker does about a lease that another holds. `insist`: asks it to hand over and waits. `queue`: the same,
 *  unless somebody waits already. `relieve`: does so where the other comes to its end or runs an older config, waits
 *  for one that seems dead, and leaves one that does well. `if-free`: leaves it. */
export type Claim = 'insist' | 'queue' | 'relieve' | 'if-free';

export type TakeLeaseDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly leases: LeaseStore;
  readonly onProblem: (message: string) => void;
};

const RETRY = { firstMs: 250, mostMs: 5000 };
export const LOOK_AGAIN_AFTER_MS = 100;
/** A schedule of one minute with up to one minute of slack brings a successor at least this often. */
const RELIEF_COMES_WITHIN_MS = 130_000;
/** A living owner renewed no longer ago than this. */
const RENEWED_WITHIN_MS = RENEW_EVERY_MS + 1000;

type Look = 'ask' | 'wait' | 'leave';

/** `first` is the lease as it was found. Whoever took over since then with a config that is neither ours nor the one
 *  found then is newer than we are: it is left alone, so that two workers never send each other away in turns. */
const relieving = (held: Lease, first: Lease, wanted: WantedLease, nowMs: number): Look => {
  if (held.configHash !== wanted.configHash) return held.configHash === first.configHash ? 'ask' : 'leave';
  if (held.deadlineAtMs !== null && held.deadlineAtMs - nowMs < RELIEF_COMES_WITHIN_MS) return 'ask';
  const renewedAtMs = held.expiresAtMs - LEASE_TTL_MS;
  return nowMs - renewedAtMs > RENEWED_WITHIN_MS ? 'wait' : 'leave';
};

const lookAt = (claim: Claim, held: Lease, first: Lease, wanted: WantedLease, nowMs: number): Look => {
  switch (claim) {
    case 'insist':
      return 'ask';
    case 'queue':
      return first.handOverRequested ? 'leave' : 'ask';
    case 'relieve':
      return relieving(held, first, wanted, nowMs);
    case 'if-free':
      return 'leave';
    default:
      return claim satisfies never;
  }
};

/** null: it is left to another, or `signal` was aborted. */
export const takeLease = async (
  { clock, random, leases, onProblem }: TakeLeaseDeps,
  claim: Claim,
  wanted: () => Omit<WantedLease, 'ttlMs'>,
  signal: AbortSignal,
): Promise<AcquiredLease | null> => {
  let first: Lease | null = null;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const mine = { ...wanted(), ttlMs: LEASE_TTL_MS };
      const answer = await leases.acquire(mine, clock.nowMs(), signal);
      if (answer.kind === 'acquired') return answer;
      failures = 0;
      first ??= answer.lease;
      const look = lookAt(claim, answer.lease, first, mine, clock.nowMs());
      if (look === 'leave') return null;
      if (look === 'ask' && !answer.lease.handOverRequested)
        await leases.requestHandOver(answer.lease, signal);
      await clock.sleep(LOOK_AGAIN_AFTER_MS, signal);
    } catch (cause) {
      if (failures++ === 0 && !signal.aborted)
        onProblem(`the store cannot be reached: ${(cause as Error).message}`);
      await clock.sleep(backOffMs(failures, RETRY, random), signal);
    }
  }
  return null;
};
