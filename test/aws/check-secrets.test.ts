import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkSecrets } from '../../lib/aws/check-secrets.ts';
import { systemClock } from '../../lib/domain/clock.ts';

const answers: { readonly [name: string]: readonly [status: number, body: object] } = {
  'chat-token': [200, { Name: 'chat-token' }],
  'old-token': [200, { Name: 'old-token', DeletedDate: 1_790_000_000 }],
  'no-token': [400, { __type: 'ResourceNotFoundException', message: 'none' }],
  'their-token': [400, { __type: 'AccessDeniedException', message: 'not for you' }],
};

let server: Server;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { SecretId } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const [status, body] = answers[SecretId] ?? [500, {}];
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a secret is there, missing, marked for deletion, or AWS does not say', async () => {
  const check = checkSecrets({
    config: {
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    clock: systemClock,
  });
  const statuses = await check(Object.keys(answers), new AbortController().signal);
  expect(Object.fromEntries(statuses)).toEqual({
    'chat-token': { kind: 'there' },
    'old-token': { kind: 'deleted' },
    'no-token': { kind: 'missing' },
    'their-token': {
      kind: 'unknown',
      error: expect.stringMatching(/^Secrets Manager: AccessDeniedException: not for you/),
    },
  });
});
