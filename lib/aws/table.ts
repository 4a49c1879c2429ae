import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

/** DynamoDB deletes an item some time after this instant (Unix seconds); an item without it stays. */
export const TTL_ATTRIBUTE = 'expiresAtS';

/** The history over all endpoints. One partition a month: a list reads four at most, and since every new transition
 *  goes to the newest partition whatever its span, a shorter one would not spread the writes. */
export const MONTHS_INDEX = 'months';

/** All but the name; time to live on `TTL_ATTRIBUTE` is switched on apart from it. */
const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'month', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: MONTHS_INDEX,
      KeySchema: [
        { AttributeName: 'month', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
} satisfies Omit<CreateTableCommandInput, 'TableName'>;

const CREATED_WITHIN_S = 60;

/** Makes the table where it is missing; resolves when it can be used. For databases that no stack has set up. */
export const createTable = async (
  client: DynamoDBClient,
  table: string,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await client.send(new CreateTableCommand({ TableName: table, ...tableDefinition }), {
      abortSignal: signal,
    });
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client, abortSignal: signal, maxWaitTime: CREATED_WITHIN_S, minDelay: 0.02, maxDelay: 1 },
    { TableName: table },
  );
};
