import type { Connection } from './commits.ts';
import { failureOf, inWords } from './failure.ts';
import type { Handle } from './handle.ts';
import type { Sql } from './statements.ts';

/** Where a database lies. */
export type Place = {
  /** As a person knows it. */
  readonly name: string;
  /** What is open now. */
  readonly handle: () => Handle;
  /** The same for a commit: throws while what it writes would not stay. */
  readonly handleToWrite: () => Handle;
  readonly onCommit: (sql: Sql, commits: number) => void;
  /** After a commit that found no space. Never throws. */
  readonly makeRoom: () => void;
};

const totalChanges = (sql: Sql): unknown => sql('SELECT total_changes() AS changes').get()?.changes;
const countCommit = (sql: Sql): number =>
  Number(sql('UPDATE identity SET commits = commits + 1 RETURNING commits').get()?.commits);

const commitAt = <Result>(place: Place, run: (sql: Sql) => Result): Result => {
  const { sql, transaction } = place.handleToWrite();
  const { result, commits } = transaction(() => {
    const before = totalChanges(sql);
    const result = run(sql);
    return { result, commits: totalChanges(sql) === before ? null : countCommit(sql) };
  });
  if (commits !== null) place.onCommit(sql, commits);
  return result;
};

/** Runs statements where a database lies; each commit that changes something counts itself in it. */
export const connectionTo = (place: Place): Connection => {
  let wasFull = false;

  return {
    read: run => run(place.handle().sql),
    commit: run => {
      // First of all: else the log takes what space there is again, and there is none to bring it into the database.
      if (wasFull) place.makeRoom();
      try {
        const result = commitAt(place, run);
        wasFull = false;
        return result;
      } catch (error) {
        wasFull = failureOf(error) === 'full';
        throw error;
      }
    },
    isOutage: error => failureOf(error) !== null,
    explained: error => {
      const failure = failureOf(error);
      if (failure === null) return error as Error;
      return new Error(inWords(place.name, failure, (error as Error).message), { cause: error });
    },
  };
};
