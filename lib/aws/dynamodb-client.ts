import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';

/** What each store works on. */
export type Database = {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
};

/** Does an operation of DynamoDB on its input, without a network. Rejects with a `Refusal` as DynamoDB would. */
export type Perform = (operation: string, input: object) => Promise<object>;

export type DynamodbAddress =
  /** Region and credentials are those of the role. */
  | { readonly kind: 'aws' }
  /** A DynamoDB in this very thread. */
  | { readonly kind: 'embedded'; readonly perform: Perform };

const MAX_ATTEMPTS = 3;
const CONNECTION_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 3000;

/** More than the engine asks for at once: the renewal of the lease waits behind no save. */
const MAX_CONNECTIONS = 128;

const timeout = { requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true };

/** What DynamoDB answers instead of an output, by the name of its exception. */
export class Refusal extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const asException = (error: unknown): unknown => {
  if (!(error instanceof Refusal)) return error;
  const { name, message } = error;
  const given = { message, $metadata: {} };
  switch (name) {
    case 'ConditionalCheckFailedException':
      return new ConditionalCheckFailedException(given);
    case 'ResourceInUseException':
      return new ResourceInUseException(given);
    default:
      return new DynamoDBServiceException({ ...given, name, $fault: 'client' });
  }
};

type Command = { readonly constructor: { readonly name: string }; readonly input: object };
type Options = { readonly abortSignal?: AbortSignal };

/** The SDK's client with its way to a server left out: of the 660 µs of CPU that an update cost, two thirds went there. */
const embeddedClient = (perform: Perform): DynamoDBClient => {
  const send = async (command: Command, { abortSignal }: Options = {}): Promise<object> => {
    abortSignal?.throwIfAborted();
    try {
      return await perform(command.constructor.name.slice(0, -'Command'.length), command.input);
    } catch (error) {
      throw asException(error);
    }
  };
  return Object.assign(new DynamoDBClient({ region: 'local' }), { send });
};

const awsClient = (): DynamoDBClient => {
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

/** Every call ends within `MAX_ATTEMPTS` time-outs. */
export const dynamodbClient = (address: DynamodbAddress): DynamoDBClient => {
  switch (address.kind) {
    case 'aws':
      return awsClient();
    case 'embedded':
      return embeddedClient(address.perform);
    default:
      return address satisfies never;
  }
};
