import { afterAll } from '@jest/globals';
import { createHistory as createDynamodbHistory } from '../../lib/aws/history.ts';
import { createLeaseStore as createDynamodbLeases } from '../../lib/aws/lease-store.ts';
import { createRuleStore as createDynamodbRules } from '../../lib/aws/rule-store.ts';
import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import type { Stores } from '../../lib/engine/term/watched-stores.ts';
import { createCommits } from '../../lib/sqlite/commits.ts';
import { connectionTo } from '../../lib/sqlite/connection.ts';
import type { Database as SqliteDatabase } from '../../lib/sqlite/database.ts';
import { createHistory } from '../../lib/sqlite/history.ts';
import { openInMemory } from '../../lib/sqlite/in-memory.ts';
import { createLeaseStore } from '../../lib/sqlite/lease-store.ts';
import { createRuleStore } from '../../lib/sqlite/rule-store.ts';
import type { Sql } from '../../lib/sqlite/statements.ts';
import { dyingAfter, openTestDynamodb } from './dynamodb.ts';

/** What the contract holds for: each with nothing in it at first. */
export type TestStores = Stores & {
  readonly name: string;
  readonly incarnation: string | null;
  /** On the same database, of a worker that dies: after so many calls or statements none is made any more. */
  readonly dyingAfter: (calls: number) => Stores;
  readonly fresh: (clock: Clock) => Promise<TestStores>;
};

const INCARNATION = '7kq3m2';
const DEAD = 'the worker is dead';

/** What a statement of a transaction has written is gone with the worker that did not commit it. */
const dyingAfterStatements = (statements: number, db: SqliteDatabase): SqliteDatabase => {
  let left = statements;
  const counted =
    (sql: Sql): Sql =>
    text => {
      if (left-- <= 0) throw new Error(DEAD);
      return sql(text);
    };
  return {
    write: (signal, run) => db.write(signal, sql => run(counted(sql))),
    read: (signal, run) => db.read(signal, sql => run(counted(sql))),
  };
};

const sqliteOn = (db: SqliteDatabase, clock: Clock): Stores => ({
  store: createRuleStore(db),
  leases: createLeaseStore(db),
  history: createHistory({ db, clock }),
});

const openSqlite = async (clock: Clock): Promise<TestStores> => {
  const { database } = createCommits(connectionTo(openInMemory(INCARNATION)));
  return {
    name: 'SQLite',
    ...sqliteOn(database, clock),
    incarnation: INCARNATION,
    dyingAfter: statements => sqliteOn(dyingAfterStatements(statements, database), clock),
    fresh: openSqlite,
  };
};

const openDynamodb = async (): Promise<(clock: Clock) => Promise<TestStores>> => {
  const dynamodb = await openTestDynamodb();
  afterAll(() => dynamodb.close());
  const fresh = async (clock: Clock): Promise<TestStores> => {
    const db = await dynamodb.newDatabase(clock);
    const on = (database: typeof db): Stores => ({
      store: createDynamodbRules(database),
      leases: createDynamodbLeases(database),
      history: createDynamodbHistory(database),
    });
    return {
      name: 'DynamoDB',
      ...on(db),
      incarnation: null,
      dyingAfter: calls => on(dyingAfter(calls, db)),
      fresh,
    };
  };
  return fresh;
};

/** Another DynamoDB is tried by itself: SQLite is the same there. */
const isDynamodbGiven = process.env.PEREGRINE_TEST_DYNAMODB !== undefined;

export const openTestStores = async (clock: Clock = systemClock): Promise<readonly TestStores[]> => [
  ...(isDynamodbGiven ? [] : [await openSqlite(clock)]),
  await (await openDynamodb())(clock),
];
