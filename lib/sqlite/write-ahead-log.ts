import { statfsSync, statSync } from 'node:fs';
import type { Files } from './files.ts';
import type { Sql } from './statements.ts';

/** A storm of 10,000 transitions writes 20 MB. A checkpoint of so much takes 10 ms to 20 ms, half as often as at 4 MB, and
 *  writes a page that changed twice only once. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Brings the log into the database and empties it; says whether that is done. A reader of an older state, as a backup is,
 *  keeps it from being emptied. */
export const emptyLog = (sql: Sql): boolean => sql('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;

/** A log below that is no burden on any disk. */
const LEAST_BYTES = 256 * 1024;

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** Empties the log when it has grown, and before it is larger than what is free on the disk: then there is always space to
 *  bring it into the database. Where that cannot be, again when it has grown by as much again. Never throws: what was
 *  committed is safe in the log. */
export const keepLogSmall = ({ folder, log }: Files, onEmptied: () => void) => {
  let leastBytes = LEAST_BYTES;
  return (sql: Sql): void => {
    try {
      const bytes = statSync(log).size;
      if (bytes < leastBytes || (bytes < MOST_BYTES && bytes < freeBytes(folder))) return;
      leastBytes = bytes + LEAST_BYTES;
      if (!emptyLog(sql)) return;
      leastBytes = LEAST_BYTES;
      onEmptied();
    } catch {
      // The disk is full, or the folder is gone: the next commit finds out.
    }
  };
};
