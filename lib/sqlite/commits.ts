import type { Database } from './database.ts';
import type { Sql } from './statements.ts';

/** One database, as it stands there at the moment. */
export type Connection = {
  readonly read: <Result>(run: (sql: Sql) => Result) => Result;
  /** All or nothing, and on the disk when it returns. */
  readonly commit: <Result>(run: (sql: Sql) => Result) => Result;
  /** The error concerns the database and not the run: the disk is full, the file is gone. */
  readonly isOutage: (error: unknown) => boolean;
  /** The same error in words for a person. */
  readonly explained: (error: unknown) => Error;
};

type Call = {
  readonly run: (sql: Sql) => unknown;
  readonly signal: AbortSignal;
  readonly resolve: (result: unknown) => void;
  readonly reject: (cause: unknown) => void;
};

/** So many go into one commit; the rest makes the next, after what came meanwhile was read. 5 ms. */
const CALLS_A_COMMIT = 256;

/** Brings what is asked for in one turn of the event loop into one commit. How many wait is bounded by their callers, who
 *  each wait for an answer. */
export const createCommits = (connection: Connection) => {
  const writes: Call[] = [];
  let reads: Call[] = [];
  let scheduled = false;
  let closed = false;

  const fail = (calls: readonly Call[], error: unknown): void => {
    const cause = connection.explained(error);
    for (const call of calls) call.reject(cause);
  };

  /** One that throws is found by running each in a commit of its own. */
  const commit = (calls: readonly Call[]): void => {
    try {
      const results = connection.commit(sql => calls.map(call => call.run(sql)));
      for (const [n, call] of calls.entries()) call.resolve(results[n]);
    } catch (error) {
      if (calls.length === 1 || connection.isOutage(error)) fail(calls, error);
      else for (const call of calls) commit([call]);
    }
  };

  const read = (call: Call): void => {
    try {
      call.resolve(connection.read(call.run));
    } catch (error) {
      fail([call], error);
    }
  };

  const stillWanted = (calls: readonly Call[]): readonly Call[] => {
    for (const { signal, reject } of calls) if (signal.aborted) reject(signal.reason);
    return calls.filter(({ signal }) => !signal.aborted);
  };

  const turn = (): void => {
    scheduled = false;
    const [due, asked] = [stillWanted(writes.splice(0, CALLS_A_COMMIT)), stillWanted(reads)];
    reads = [];
    if (due.length > 0) commit(due);
    asked.forEach(read);
    if (writes.length > 0) schedule();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };

  const enter =
    (queue: () => Call[]) =>
    <Result>(signal: AbortSignal, run: (sql: Sql) => Result): Promise<Result> =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the embedded database is closed'));
        queue().push({ run, signal, resolve: resolve as Call['resolve'], reject });
        schedule();
      });

  const database: Database = { write: enter(() => writes), read: enter(() => reads) };
  return {
    database,
    /** Answers all that was asked for; nothing is taken after it. */
    end: (): void => {
      closed = true;
      while (writes.length > 0 || reads.length > 0) turn();
    },
  };
};
