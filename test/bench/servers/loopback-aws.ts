import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
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
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const body = await buffer(request);
    if (!headers['x-amz-target']?.startsWith('DynamoDB')) {
      response.end('{}');
      return;
    }
    const answer = await address.answer({ method: 'POST', path: '/', headers, body });
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
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
