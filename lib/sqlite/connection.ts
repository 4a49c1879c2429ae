import type { Connection } from './commits.ts';
import { failureOf, inWords } from './failure.ts';
import type { Handle } from './handle.ts';
import type { Sql } from './statements.ts';

const totalChanges = (sql: Sql): unknown => sql('SELECT total_changes() AS changes').get()?.changes;

/** Runs of a database in transactions that count themselves. `handle` gives the one that is open now, or throws. */
export const connectionTo = (
  name: string,
  handle: () => Handle,
  onCommit: (sql: Sql, commits: number) => void,
): Connection => ({
  read: run => run(handle().sql),
  commit: run => {
    const { sql, transaction } = handle();
    let commits: number | null = null;
    const result = transaction(() => {
      const before = totalChanges(sql);
      const results = run(sql);
      if (totalChanges(sql) !== before)
        commits = Number(sql('UPDATE identity SET commits = commits + 1 RETURNING commits').get()?.commits);
      return results;
    });
    if (commits !== null) onCommit(sql, commits);
    return result;
  },
  isOutage: error => failureOf(error) !== null,
  explained: error => {
    const failure = failureOf(error);
    if (failure === null) return error as Error;
    return new Error(inWords(name, failure, (error as Error).message), { cause: error });
  },
});
