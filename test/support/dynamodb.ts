import { randomUUID } from 'node:crypto';
import { type Database, dynamodbClient } from '../../lib/aws/dynamodb-client.ts';
import { createTable } from '../../lib/aws/table.ts';
import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import { createDynalite, listen } from './dynalite.ts';

/** Another DynamoDB on this machine to run the same facts against: `http://127.0.0.1:4566`. */
const given = process.env.PEREGRINE_TEST_DYNAMODB;

export const never = new AbortController().signal;

export type TestDynamodb = {
  /** A table of its own. */
  readonly newDatabase: (clock?: Clock) => Promise<Database>;
  readonly close: () => Promise<void>;
};

/** Called as AWS is, signature and all: DynamoDB Local takes no other. */
export const openTestDynamodb = async (): Promise<TestDynamodb> => {
  const dynalite = given === undefined ? await listen(createDynalite()) : null;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: given ?? dynalite?.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const client = dynamodbClient();
  return {
    newDatabase: async (clock = systemClock) => {
      const table = `test-${randomUUID()}`;
      await createTable(client, table, never);
      return { client, table, clock };
    },
    close: async () => {
      client.destroy();
      await dynalite?.close();
    },
  };
};

/** A worker that dies: after `calls` calls of the database none goes out any more. */
export const dyingAfter = (calls: number, db: Database): Database => {
  let left = calls;
  const client: Database['client'] = Object.create(db.client, {
    send: {
      value: async (...call: Parameters<Database['client']['send']>) => {
        if (left-- <= 0) throw new Error('the worker is dead');
        return db.client.send(...call);
      },
    },
  });
  return { ...db, client };
};
