import type { Lease } from '../domain/lease.ts';
import { ABANDONED_AT_MS, type AcquiredLease, type LeaseStore } from '../engine/ports/lease-store.ts';
import type { Database } from './database.ts';
import type { Sql } from './statements.ts';

type Row = {
  readonly jobset: string;
  readonly owner: string;
  readonly epoch: number;
  readonly expires_at_ms: number;
  readonly config_hash: string;
  readonly deadline_at_ms: number | null;
  readonly hand_over: number;
  readonly watched_until_ms: number | null;
  readonly announced_at_ms: number | null;
};

const rowOf = (sql: Sql, jobset: string): Row | undefined =>
  sql('SELECT * FROM lease WHERE jobset = ?').get(jobset) as Row | undefined;

const leaseIn = (row: Row): Lease => ({
  jobset: row.jobset,
  owner: row.owner,
  epoch: row.epoch,
  expiresAtMs: row.expires_at_ms,
  configHash: row.config_hash,
  deadlineAtMs: row.deadline_at_ms,
  handOverRequested: row.hand_over === 1,
});

/** When a lease expires whose owner ended in peace. */
const RELEASED = 0;

const predecessorIn = (before: Row | undefined): AcquiredLease['predecessor'] => {
  if (!before || before.owner === '') return 'none';
  return before.expires_at_ms === RELEASED ? 'released' : 'died';
};

const incarnationIn = (sql: Sql): string =>
  String(sql('SELECT incarnation FROM identity').get()?.incarnation);

/** The next epoch of all jobsets. */
const nextEpoch = (sql: Sql): number =>
  (sql('UPDATE identity SET epoch = epoch + 1 RETURNING epoch').get() as Pick<Row, 'epoch'>).epoch;

const TAKE = `INSERT INTO lease (jobset, owner, epoch, expires_at_ms, config_hash, deadline_at_ms, hand_over)
  VALUES (?, ?, ?, ?, ?, ?, 0)
  ON CONFLICT DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, expires_at_ms = excluded.expires_at_ms,
    config_hash = excluded.config_hash, deadline_at_ms = excluded.deadline_at_ms, hand_over = 0`;
const RENEW = `UPDATE lease SET expires_at_ms = ?, watched_until_ms = ifnull(?, watched_until_ms)
  WHERE jobset = ? AND owner = ? AND epoch = ? AND expires_at_ms > ${RELEASED} RETURNING *`;
const REQUEST = 'UPDATE lease SET hand_over = 1 WHERE jobset = ? AND owner = ? AND epoch = ?';
const RELEASE = `UPDATE lease SET expires_at_ms = ${RELEASED}, watched_until_ms = ifnull(?, watched_until_ms)
  WHERE jobset = ? AND owner = ? AND epoch = ?`;
const ANNOUNCE = `INSERT INTO lease (jobset, owner, epoch, expires_at_ms, config_hash, hand_over, announced_at_ms)
  VALUES (?, '', 0, 0, '', 0, ?) ON CONFLICT DO NOTHING`;

const ABANDON = 'UPDATE lease SET expires_at_ms = ? WHERE jobset = ? AND expires_at_ms > 0';

/** Every `acquire` that succeeds raises the epoch, the owner's own included: whoever took it before under the same
 *  name (an earlier life of the process, a call whose answer got lost) is fenced off. */
export const createLeaseStore = (db: Database): LeaseStore => ({
  acquire: ({ jobset, owner, configHash, deadlineAtMs, ttlMs }, nowMs, signal) =>
    db.write(signal, sql => {
      const before = rowOf(sql, jobset);
      if (before && before.owner !== owner && before.expires_at_ms > nowMs)
        return { kind: 'held', lease: leaseIn(before) };
      sql(TAKE).run(jobset, owner, nextEpoch(sql), nowMs + ttlMs, configHash, deadlineAtMs);
      sql('INSERT INTO jobset (name) VALUES (?) ON CONFLICT DO NOTHING').run(jobset);
      const row = rowOf(sql, jobset) as Row;
      return {
        kind: 'acquired',
        lease: leaseIn(row),
        watchedUntilMs: row.watched_until_ms,
        predecessor: predecessorIn(before),
        incarnation: incarnationIn(sql),
      };
    }),

  renew: ({ jobset, owner, epoch }, { expiresAtMs, watchedUntilMs }, signal) =>
    db.write(signal, sql => {
      const row = sql(RENEW).get(expiresAtMs, watchedUntilMs, jobset, owner, epoch) as Row | undefined;
      return row ? { kind: 'renewed', lease: leaseIn(row) } : { kind: 'lost' };
    }),

  requestHandOver: ({ jobset, owner, epoch }, signal) =>
    db.write(signal, sql => void sql(REQUEST).run(jobset, owner, epoch)),

  release: ({ jobset, owner, epoch }, watchedUntilMs, signal) =>
    db.write(signal, sql => void sql(RELEASE).run(watchedUntilMs, jobset, owner, epoch)),

  read: (jobsets, signal) =>
    db.read(signal, sql => {
      const rows = jobsets.map(jobset => rowOf(sql, jobset)).filter(row => row !== undefined);
      return new Map(
        rows.map(row => [
          row.jobset,
          { lease: leaseIn(row), unwatchedSinceMs: row.watched_until_ms ?? row.announced_at_ms ?? 0 },
        ]),
      );
    }),

  announce: (jobset, nowMs, signal) => db.write(signal, sql => void sql(ANNOUNCE).run(jobset, nowMs)),

  jobsets: signal =>
    db.read(signal, sql =>
      (sql('SELECT name FROM jobset').all() as readonly object[] as readonly { readonly name: string }[]).map(
        ({ name }) => name,
      ),
    ),

  forget: (jobset, signal) =>
    db.write(signal, sql => void sql('DELETE FROM jobset WHERE name = ?').run(jobset)),
});

/** Frees a lease whoever holds it; its epoch stays, so the next owner fences that one off. Only for whoever knows that
 *  no owner lives: the only process that has the database open. */
export const releaseAbandonedLease =
  (db: Database) =>
  (jobset: string, signal: AbortSignal): Promise<void> =>
    db.write(signal, sql => void sql(ABANDON).run(ABANDONED_AT_MS, jobset));
