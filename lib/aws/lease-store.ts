import type { Lease } from '../domain/lease.ts';
import type { AcquiredLease, LeaseStore } from '../engine/ports/lease-store.ts';
import { readItems } from './batches.ts';
import { change, readItem } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import {
  jobsetOf,
  leaseIn,
  leaseKey,
  number,
  numberIn,
  numberOrNull,
  numberOrNullIn,
  registerKey,
  string,
  strings,
  stringsIn,
} from './items.ts';

/** When a lease expires whose owner ended in peace. */
const RELEASED = 0;

const sameHolder = (lease: Lease) => ({
  key: leaseKey(lease.jobset),
  when: '#owner = :owner AND epoch = :epoch',
  names: { '#owner': 'owner' },
  values: { ':owner': string(lease.owner), ':epoch': number(lease.epoch) },
});

const predecessorIn = ({ owner, expiresAtMs }: Lease): AcquiredLease['predecessor'] => {
  if (owner === '') return 'none';
  return expiresAtMs === RELEASED ? 'released' : 'died';
};

/** `SET watchedUntilMs`, or nothing where there is nothing to say. */
const watched = (watchedUntilMs: number | null) => ({
  set: watchedUntilMs === null ? '' : ', watchedUntilMs = :watched',
  values: watchedUntilMs === null ? {} : { ':watched': number(watchedUntilMs) },
});

/** The next epoch of all. Before there was a register, each lease counted for itself: it goes on from there. */
const nextEpoch = async (
  db: Database,
  jobset: string,
  lastEpoch: number,
  signal: AbortSignal,
): Promise<number> => {
  const drawn = await change(db)(
    {
      key: registerKey,
      update: 'SET epoch = if_not_exists(epoch, :last) + :one ADD jobsets :jobset',
      values: { ':last': number(lastEpoch), ':one': number(1), ':jobset': strings([jobset]) },
    },
    signal,
    'item',
  );
  return numberIn(drawn.item ?? {}, 'epoch');
};

/** Every `acquire` that succeeds raises the epoch, the owner's own included: whoever took it before under the same
 *  name (an earlier life of the process, a call whose answer got lost) is fenced off. */
export const createLeaseStore = (db: Database): LeaseStore => {
  const changeItem = change(db);

  return {
    acquire: async ({ jobset, owner, configHash, deadlineAtMs, ttlMs }, nowMs, signal) => {
      // Looking first costs a tenth of a write that is refused, and whoever waits for a lease looks often.
      const before = (await readItem(db)(leaseKey(jobset), signal)) ?? {};
      const current = leaseIn(jobset, before);
      if (current.owner !== owner && current.expiresAtMs > nowMs) return { kind: 'held', lease: current };

      const epoch = await nextEpoch(db, jobset, current.epoch, signal);
      //            acquired              expiresAtMs
      //  ── free ──────┼──────── held ────────┼── free ──▶
      const neverHeld = 'attribute_not_exists(pk)';
      const expired = 'expiresAtMs <= :now';
      const mine = '#owner = :owner';
      const nobodyCameLater = 'epoch < :epoch';
      const outcome = await changeItem(
        {
          key: leaseKey(jobset),
          update: `SET epoch = :epoch, #owner = :owner, expiresAtMs = :expires, configHash = :config,
            deadlineAtMs = :deadline, handOverRequested = :no`,
          when: `${neverHeld} OR (${nobodyCameLater} AND (${expired} OR ${mine}))`,
          names: { '#owner': 'owner' },
          values: {
            ':epoch': number(epoch),
            ':now': number(nowMs),
            ':owner': string(owner),
            ':expires': number(nowMs + ttlMs),
            ':config': string(configHash),
            ':deadline': numberOrNull(deadlineAtMs),
            ':no': { BOOL: false },
          },
        },
        signal,
        'item',
      );
      const item = outcome.item ?? {};
      const lease = leaseIn(jobset, item);
      if (outcome.kind === 'refused') return { kind: 'held', lease };
      const watchedUntilMs = numberOrNullIn(item, 'watchedUntilMs');
      return {
        kind: 'acquired',
        lease,
        watchedUntilMs,
        predecessor: predecessorIn(current),
        incarnation: null,
      };
    },

    renew: async (lease, { expiresAtMs, watchedUntilMs }, signal) => {
      const holder = sameHolder(lease);
      const notReleased = 'expiresAtMs > :released';
      const { set, values } = watched(watchedUntilMs);
      const outcome = await changeItem(
        {
          ...holder,
          update: `SET expiresAtMs = :expires${set}`,
          when: `${holder.when} AND ${notReleased}`,
          values: {
            ...holder.values,
            ...values,
            ':released': number(RELEASED),
            ':expires': number(expiresAtMs),
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

    release: async (lease, watchedUntilMs, signal) => {
      const holder = sameHolder(lease);
      const { set, values } = watched(watchedUntilMs);
      await changeItem(
        {
          ...holder,
          update: `SET expiresAtMs = :released${set}`,
          values: { ...holder.values, ...values, ':released': number(RELEASED) },
        },
        signal,
      );
    },

    read: async (jobsets, signal) => {
      const items = await readItems(db)(jobsets.map(leaseKey), signal);
      return new Map(
        items.map(item => {
          const lease = leaseIn(jobsetOf(item), item);
          const unwatchedSinceMs = numberOrNullIn(item, 'watchedUntilMs') ?? numberIn(item, 'announcedAtMs');
          return [lease.jobset, { lease, unwatchedSinceMs }];
        }),
      );
    },

    announce: async (jobset, nowMs, signal) => {
      await changeItem(
        {
          key: leaseKey(jobset),
          update: 'SET announcedAtMs = :now, epoch = :none, expiresAtMs = :none',
          when: 'attribute_not_exists(pk)',
          values: { ':now': number(nowMs), ':none': number(0) },
        },
        signal,
      );
    },

    jobsets: async signal => stringsIn((await readItem(db)(registerKey, signal)) ?? {}, 'jobsets'),

    forget: async (jobset, signal) => {
      await changeItem(
        {
          key: registerKey,
          update: 'DELETE jobsets :jobset',
          values: { ':jobset': strings([jobset]) },
        },
        signal,
      );
    },
  };
};
