import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { certificatePath, hostileServer, onRequest } from '../support/hostile-server.ts';
import { asking, endpointFor, httpCheck, tlsCheck } from './asking.ts';

const { check, close } = asking();
afterEach(close);

const trusted = { verify: true, servername: null, caFile: certificatePath('authority') };
const ok = onRequest(socket => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));

test('https tells how long the certificate lasts, on a kept connection too', async () => {
  await using server = await hostileServer(ok, 'localhost');
  const endpoint = endpointFor(httpCheck(`https://localhost:${server.port}/`, { tls: trusted }), {
    successTests: [{ kind: 'cel', expression: 'cert_days_left > 14 && tls_ms >= 0' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true, phases: { tlsMs: expect.any(Number) } });
  const again = await check(endpoint);
  expect(again).toMatchObject({ ok: true, phases: { tlsMs: null } });
  expect(again.certDaysLeft).toBeGreaterThan(365);
  expect(server.accepted()).toBe(1);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a certificate that is refused over %s is refused again',
  async version => {
    await using server = await hostileServer(ok, 'other-host', version);
    const https = endpointFor(
      httpCheck(`https://localhost:${server.port}/`, { tls: trusted, freshConnection: true }),
    );
    const bare = endpointFor(tlsCheck(server.port, { host: 'localhost', tls: trusted }));
    for (const endpoint of [https, https, https, bare, bare])
      expect(await check(endpoint)).toMatchObject({ ok: false, reason: 'tls' });
  },
);

type Host = 'localhost' | '127.0.0.1';
const cases: readonly (readonly [string, Host, typeof trusted, string | null])[] = [
  ['localhost', 'localhost', trusted, null],
  ['localhost', '127.0.0.1', trusted, null],
  ['expired', 'localhost', trusted, 'certificate expired on 2020-02-02'],
  ['other-host', 'localhost', trusted, 'certificate is for DNS:other.example, not for localhost'],
  ['other-host', 'localhost', { ...trusted, servername: 'other.example' } as never, null],
  ['self-signed', 'localhost', trusted, 'certificate is self-signed. If it is yours, name it in ca_file'],
  [
    'localhost',
    'localhost',
    { ...trusted, caFile: null } as never,
    'certificate is signed by an authority that is not trusted here. If it is yours, name it in ca_file',
  ],
  ['self-signed', 'localhost', { ...trusted, caFile: certificatePath('self-signed') }, null],
  ['expired', 'localhost', { ...trusted, verify: false }, null],
  [
    'localhost',
    'localhost',
    { ...trusted, caFile: '/no/such/ca.pem' },
    'ca_file /no/such/ca.pem: there is no such file',
  ],
  [
    'localhost',
    'localhost',
    { ...trusted, caFile: certificatePath('test-only.key') },
    `ca_file ${certificatePath('test-only.key')}: it holds no PEM certificate`,
  ],
];

test.each(cases)('certificate %s at %s with %j: %j', async (certificate, host, options, error) => {
  await using server = await hostileServer(ok, certificate);
  const expected = { ok: error === null, reason: error && 'tls', error };
  const https = httpCheck(`https://${host}:${server.port}/`, { tls: options });
  expect(await check(endpointFor(https))).toMatchObject(expected);
  const bare = tlsCheck(server.port, { host, tls: options });
  expect(await check(endpointFor(bare))).toMatchObject(expected);
});

test('an expired certificate tells since when', async () => {
  await using server = await hostileServer(ok, 'expired');
  const result = await check(endpointFor(tlsCheck(server.port, { host: 'localhost', tls: trusted })));
  expect(result.ok).toBe(false);
  expect(result.certDaysLeft).toBeLessThan(-365);
});

test('plain http where TLS is expected', async () => {
  await using server = await hostileServer(socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const expected = { reason: 'tls', error: `localhost:${server.port} does not speak TLS` };
  expect(await check(endpointFor(httpCheck(`https://localhost:${server.port}/`)))).toMatchObject(expected);
  expect(await check(endpointFor(tlsCheck(server.port, { host: 'localhost' })))).toMatchObject(expected);
});

test('a handshake that never ends', async () => {
  await using server = await hostileServer(() => {});
  const limits = { timeoutMs: 200 };
  const expected = {
    reason: 'timeout',
    error: expect.stringMatching(/^no TLS handshake with 127.0.0.1:\d+ within \d+ms$/),
  };
  const https = httpCheck(`https://127.0.0.1:${server.port}/`);
  expect(await check(endpointFor(https, limits))).toMatchObject(expected);
  expect(await check(endpointFor(tlsCheck(server.port), limits))).toMatchObject(expected);
  await server.allClosed();
});

test('a server that closes in the handshake', async () => {
  await using server = await hostileServer(socket => socket.once('data', () => socket.end()));
  const result = await check(endpointFor(tlsCheck(server.port)));
  expect(result).toMatchObject({
    reason: 'tls',
    error: `127.0.0.1:${server.port} closed the connection at once`,
  });
});

test.each([
  ['TLSv1.2', false, [false, true, true]],
  ['TLSv1.3', false, [false, true, true]],
  ['TLSv1.3', true, [false, false, false]],
] as const)(
  '%s, fresh_connection %s: sessions are resumed as %j',
  async (version, freshConnection, expected) => {
    const reused: boolean[] = [];
    const server = tls.createServer(
      {
        key: readFileSync(certificatePath('test-only.key')),
        cert: readFileSync(certificatePath('localhost')),
        maxVersion: version,
      },
      socket => {
        reused.push(socket.isSessionReused());
        socket.on('error', () => {}).resume();
      },
    );
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = endpointFor(tlsCheck(port, { host: 'localhost', tls: trusted, freshConnection }), {
      successTests: [{ kind: 'cel', expression: 'cert_days_left > 100' }],
    });
    for (const _ of expected) {
      expect(await check(endpoint)).toMatchObject({ ok: true });
      // The first socket waits for its session after the check is answered.
      await new Promise<void>(resolve => {
        const wait = (): void => {
          server.getConnections((_error, count) => (count === 0 ? resolve() : setTimeout(wait, 10)));
        };
        wait();
      });
    }
    expect(reused).toEqual(expected);
    await new Promise(resolve => server.close(resolve));
  },
);
