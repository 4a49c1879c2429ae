import { statSync } from 'node:fs';
import type { Files } from './files.ts';
import type { Sql } from './statements.ts';

/** A storm of 10,000 transitions writes 30 MB; each checkpoint of 4 MB takes 10 ms to 20 ms. */
const MOST_BYTES = 8 * 1024 * 1024;

type Checkpointed = { readonly busy: number };

/** Brings the log into the database when it has grown, and empties it. A reader of an older state, as a backup is, keeps it
 *  from being emptied: then it is tried again when it has grown by as much again. */
export const keepLogSmall = ({ log }: Files, onEmptied: () => void) => {
  let dueAtBytes = MOST_BYTES;
  return (sql: Sql): void => {
    const bytes = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes < dueAtBytes) return;
    dueAtBytes = bytes + MOST_BYTES;
    const { busy } = sql('PRAGMA wal_checkpoint(TRUNCATE)').get() as Checkpointed;
    if (busy !== 0) return;
    dueAtBytes = MOST_BYTES;
    onEmptied();
  };
};
