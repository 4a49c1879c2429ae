import { DatabaseSync } from 'node:sqlite';
import { prepareOnce, type Sql } from './statements.ts';

export type Handle = {
  readonly sql: Sql;
  readonly transaction: <Result>(run: (sql: Sql) => Result) => Result;
  /** Runs a text of several statements. */
  readonly exec: (text: string) => void;
  readonly close: () => void;
};

/** Pages that are read again and again: those of 100,000 rules. */
const CACHE_KIB = 16 * 1024;

/** `FULL`: a commit waits for the disk, 0.2 ms on an SSD, so that what was acknowledged is there after a power failure too.
 *  With `NORMAL` that takes back the last commits, though targets have heard of them, and their ids would be used again.
 *  All of a turn share one commit, so that hardly any of the cost is left: 35 µs a save among 100 with either. */
const SYNCHRONOUS = 'FULL';

/** When the log is brought into the database stands in `write-ahead-log.ts`. For others who have the file open, as `sqlite3`
 *  may, nobody waits: what meets their lock fails, and is tried again by whoever wanted it. */
export const openHandle = (path: string): Handle => {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${SYNCHRONOUS};
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -${CACHE_KIB};
    `);
  } catch (error) {
    database.close();
    throw error;
  }
  const sql = prepareOnce(database);
  return {
    sql,
    transaction: run => {
      sql('BEGIN IMMEDIATE').run();
      try {
        const result = run(sql);
        sql('COMMIT').run();
        return result;
      } catch (error) {
        if (database.isTransaction) sql('ROLLBACK').run();
        throw error;
      }
    },
    exec: text => database.exec(text),
    close: () => database.close(),
  };
};
