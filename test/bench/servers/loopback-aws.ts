import { createServer } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable } from '../../../lib/aws/table.ts';
import { createDynalite, type Listening, listen } from '../../support/dynalite.ts';

/** A DynamoDB in memory, with a table; every other service takes what it is sent. */
export const startLoopbackAws = async (table: string): Promise<Listening> => {
  const dynalite = createDynalite();
  const server = createServer((request, response) => {
    if (String(request.headers['x-amz-target'] ?? '').startsWith('DynamoDB'))
      dynalite.emit('request', request, response);
    else request.resume().on('end', () => response.end('{}'));
  });
  const listening = await listen(server);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ endpoint: listening.url, region: 'us-east-1', credentials });
  await createTable(client, table, new AbortController().signal);
  client.destroy();
  return listening;
};
