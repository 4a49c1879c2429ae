import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { table } from '../domain/table.ts';

/** All but the name; time to live is switched on apart from it. */
const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: table.partitionKey, AttributeType: 'S' },
    { AttributeName: table.sortKey, AttributeType: 'S' },
    { AttributeName: table.monthsIndex.partitionKey, AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: table.partitionKey, KeyType: 'HASH' },
    { AttributeName: table.sortKey, KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: table.monthsIndex.name,
      KeySchema: [
        { AttributeName: table.monthsIndex.partitionKey, KeyType: 'HASH' },
        { AttributeName: table.monthsIndex.sortKey, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
} satisfies Omit<CreateTableCommandInput, 'TableName'>;

const CREATED_WITHIN_S = 60;

/** Makes the table where it is missing; resolves when it can be used. For databases that no stack has set up. */
export const createTable = async (
  client: DynamoDBClient,
  name: string,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await client.send(new CreateTableCommand({ TableName: name, ...tableDefinition }), {
      abortSignal: signal,
    });
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client, abortSignal: signal, maxWaitTime: CREATED_WITHIN_S, minDelay: 0.02, maxDelay: 1 },
    { TableName: name },
  );
};
