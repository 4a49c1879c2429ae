import type { Lease } from '../domain/lease.ts';
import type { LeaseStore } from '../engine/ports.ts';
import { change } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import { leaseIn, leaseKey, number, numberOrNullIn, string } from './items.ts';

const sameHolder = (lease: Lease) => ({
  key: leaseKey(lease.jobset),
  when: '#owner = :owner AND epoch = :epoch',
  names: { '#owner': 'owner' },
  values: { ':owner': string(lease.owner), ':epoch': number(lease.epoch) },
});

/** Every `acquire` that succeeds raises the epoch, the owner's own included: whoever took it before under the same
 *  name (an earlier life of the process, a call whose answer got lost) is fenced off. `heldUntilMs` is when the owner
 *  before took, renewed or released the lease for the last time: one that died watched a little longer. */
export const createLeaseStore = (db: Database): LeaseStore => {
  const changeItem = change(db);

  return {
    acquire: async ({ jobset, owner, configHash, ttlMs }, nowMs, signal) => {
      //            acquired              expiresAtMs
      //  ── free ──────┼──────── held ────────┼── free ──▶
      const neverHeld = 'attribute_not_exists(pk)';
      const expired = 'expiresAtMs <= :now';
      const mine = '#owner = :owner';
      const outcome = await changeItem(
        {
          key: leaseKey(jobset),
          update: `SET epoch = if_not_exists(epoch, :zero) + :one, #owner = :owner, expiresAtMs = :expires,
            configHash = :config, handOverRequested = :no,
            heldUntilMs = if_not_exists(seenAtMs, :never), seenAtMs = :now`,
          when: [neverHeld, expired, mine].join(' OR '),
          names: { '#owner': 'owner' },
          values: {
            ':zero': number(0),
            ':one': number(1),
            ':never': { NULL: true },
            ':now': number(nowMs),
            ':owner': string(owner),
            ':expires': number(nowMs + ttlMs),
            ':config': string(configHash),
            ':no': { BOOL: false },
          },
        },
        signal,
        'item',
      );
      const lease = leaseIn(jobset, outcome.item ?? {});
      return outcome.kind === 'changed'
        ? { kind: 'acquired', lease, heldUntilMs: numberOrNullIn(outcome.item, 'heldUntilMs') }
        : { kind: 'held', lease };
    },

    renew: async (lease, ttlMs, nowMs, signal) => {
      const holder = sameHolder(lease);
      const notReleased = 'expiresAtMs > :released';
      const outcome = await changeItem(
        {
          ...holder,
          update: 'SET expiresAtMs = :expires, seenAtMs = :now',
          when: `${holder.when} AND ${notReleased}`,
          values: {
            ...holder.values,
            ':released': number(0),
            ':now': number(nowMs),
            ':expires': number(nowMs + ttlMs),
          },
        },
        signal,
        'item',
      );
      return outcome.kind === 'changed'
        ? { kind: 'renewed', lease: leaseIn(lease.jobset, outcome.item) }
        : { kind: 'lost' };
    },

    requestHandOver: async (lease, signal) => {
      const holder = sameHolder(lease);
      await changeItem(
        {
          ...holder,
          update: 'SET handOverRequested = :yes',
          values: { ...holder.values, ':yes': { BOOL: true } },
        },
        signal,
      );
    },

    release: async (lease, signal) => {
      const holder = sameHolder(lease);
      await changeItem(
        {
          ...holder,
          update: 'SET expiresAtMs = :released, seenAtMs = :now',
          values: { ...holder.values, ':released': number(0), ':now': number(db.clock.nowMs()) },
        },
        signal,
      );
    },
  };
};

/** Frees a lease whoever holds it; its epoch stays, so the next owner fences that one off. Only for whoever knows that
 *  no owner lives: the only process that has the embedded database open. */
export const releaseAbandonedLease =
  (db: Database) =>
  async (jobset: string, signal: AbortSignal): Promise<void> => {
    await change(db)(
      {
        key: leaseKey(jobset),
        update: 'SET expiresAtMs = :released',
        when: 'attribute_exists(pk)',
        values: { ':released': number(0) },
      },
      signal,
    );
  };
