import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';

/** What each store works on. */
export type Database = {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
};

const MAX_ATTEMPTS = 3;
const CONNECTION_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 3000;

/** More than the engine asks for at once: the renewal of the lease waits behind no save. */
const MAX_CONNECTIONS = 128;

const timeout = { requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true };

/** Region and credentials are those of the role. Every call ends within `MAX_ATTEMPTS` time-outs. */
export const dynamodbClient = (): DynamoDBClient => {
  const client = new DynamoDBClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      ...timeout,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      httpsAgent: { maxSockets: MAX_CONNECTIONS },
    },
  });
  // They prepare a log line and a header that nobody reads: 60 µs of CPU a call.
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.remove('getUserAgentMiddleware');
  return client;
};
