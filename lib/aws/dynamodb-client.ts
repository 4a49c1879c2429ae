import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';

/** What each store works on. */
export type Database = {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
};

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | Uint8Array;
};

/** Answers a request of DynamoDB's protocol without a network. */
export type Answer = (request: Asked) => Promise<{
  readonly statusCode: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
}>;

export type DynamodbAddress =
  /** Region and credentials are those of the role. */
  | { readonly kind: 'aws' }
  /** A DynamoDB in this very thread. */
  | { readonly kind: 'embedded'; readonly answer: Answer };

const MAX_ATTEMPTS = 3;
const CONNECTION_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 3000;

const timeout = { requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true };

/** A real signature takes 200 of the 650 µs of CPU that a call costs, and nobody checks it here. */
const unsigned = {
  sign: async <Request extends { headers: Record<string, string> }>(request: Request): Promise<Request> => {
    request.headers.authorization = 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none';
    request.headers['x-amz-date'] = '19700101T000000Z';
    return request;
  },
};

const unchecked = {
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  // The types know only the signer of HTTP requests in general.
  signer: unsigned as unknown as NonNullable<DynamoDBClientConfig['signer']>,
};

const configFor = (address: DynamodbAddress): DynamoDBClientConfig => {
  switch (address.kind) {
    case 'aws':
      return { requestHandler: { ...timeout, connectionTimeout: CONNECTION_TIMEOUT_MS } };
    case 'embedded':
      return {
        ...unchecked,
        endpoint: 'http://embedded',
        requestHandler: {
          handle: async (request: Asked, { abortSignal }: { readonly abortSignal?: unknown } = {}) => {
            if (abortSignal instanceof AbortSignal) abortSignal.throwIfAborted();
            return { response: await address.answer(request) };
          },
          updateHttpClientConfig: () => {},
          httpHandlerConfigs: () => ({}),
        },
      };
    default:
      return address satisfies never;
  }
};

/** Every call ends within `MAX_ATTEMPTS` time-outs. */
export const dynamodbClient = (address: DynamodbAddress): DynamoDBClient => {
  const client = new DynamoDBClient({ maxAttempts: MAX_ATTEMPTS, ...configFor(address) });
  // They prepare a log line and a header that nobody reads: 60 µs of CPU a call.
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.remove('getUserAgentMiddleware');
  return client;
};
