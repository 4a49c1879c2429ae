import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { dynamodbClient } from '../../../lib/aws/dynamodb-client.ts';
import { createTable } from '../../../lib/aws/table.ts';
import { IN_MEMORY, openEmbeddedDynamodb } from '../../../lib/local/embedded-dynamodb.ts';

export type LoopbackAws = { readonly url: string; readonly close: () => Promise<void> };

/** The embedded DynamoDB behind HTTP, with a table; every other service takes what it is sent. */
export const startLoopbackAws = async (table: string): Promise<LoopbackAws> => {
  const database = await openEmbeddedDynamodb(IN_MEMORY);
  if (database.kind !== 'open') throw new Error(database.error);
  const { address } = database;
  if (address.kind !== 'embedded') throw new Error('it is embedded');
  const client = dynamodbClient(address);
  await createTable(client, table, new AbortController().signal);

  const server = createServer(async (request, response) => {
    const [service = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const body = await text(request);
    if (!service.startsWith('DynamoDB')) {
      response.end('{}');
      return;
    }
    try {
      response.end(JSON.stringify(await address.perform(operation, JSON.parse(body))));
    } catch (error) {
      const { name, message } = error as Error;
      response.writeHead(400).end(JSON.stringify({ __type: name, message }));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      client.destroy();
      await database.close();
    },
  };
};
