import { getEventListeners } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import { answering, answeringOnce, hostileServer, onRequest } from '../support/hostile-server.ts';
import { manualClock } from '../support/manual-clock.ts';
import { type Asking, asking, endpointFor, httpCheck } from './asking.ts';

type Server = AsyncDisposable & {
  readonly url: string;
  readonly connections: () => number;
  readonly requests: readonly IncomingMessage[];
};

const serve = async (answer: RequestListener, host = '127.0.0.1'): Promise<Server> => {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    connections: () => connections,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const json =
  (value: unknown, status = 200) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

let open: Asking[] = [];
const ask = (secrets?: { readonly [name: string]: string }): Asking => {
  const opened = asking(secrets);
  open.push(opened);
  return opened;
};
afterEach(() => {
  for (const opened of open) opened.close();
  open = [];
});

test('an answer has its status, phases and values', async () => {
  await using server = await serve(json({ status: 'ok', checks: { db: { latency: 3 } }, list: [{ n: 1 }] }));
  const endpoint = endpointFor(httpCheck(`${server.url}/health?a=b`), {
    jsonValues: ['status', 'checks.db.latency', 'list.0.n', 'missing', 'checks.missing'],
  });
  const { check } = ask();
  const result = await check(endpoint);
  expect(result).toMatchObject({
    ok: true,
    reason: null,
    error: null,
    statusCode: 200,
    exitCode: null,
    certDaysLeft: null,
    phases: { dnsMs: null, connectMs: expect.any(Number), tlsMs: null, ttfbMs: expect.any(Number) },
  });
  expect(result.values).toEqual({ status: 'ok', 'checks.db.latency': 3, 'list.0.n': 1 });
  expect(result.latencyMs).toBeGreaterThanOrEqual(result.phases.ttfbMs ?? Infinity);
  expect(server.requests[0]?.url).toBe('/health?a=b');
  expect(server.requests[0]?.headers).toMatchObject({ 'user-agent': 'peregrine/1.2.3', accept: '*/*' });
});

test('a connection is kept from check to check, and has no connect phase again', async () => {
  await using server = await serve(json({}));
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(server.url));
  expect((await check(endpoint)).phases.connectMs).not.toBeNull();
  for (let count = 0; count < 3; count += 1) expect((await check(endpoint)).phases.connectMs).toBeNull();
  expect(server.connections()).toBe(1);
});

test('a kept connection is replaced in time, to see a new address and certificate', async () => {
  await using server = await serve(json({}));
  let passedMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + passedMs };
  const { check, close } = asking({}, clock);
  const endpoint = endpointFor(httpCheck(server.url));
  for (let count = 0; count < 60; count += 1) {
    expect(await check(endpoint)).toMatchObject({ ok: true });
    passedMs += 20_000;
  }
  expect(server.connections()).toBe(2);
  passedMs += 20_000;
  await check(endpoint);
  expect(server.connections()).toBe(3);
  close();
});

test('fresh_connection opens one for each check', async () => {
  await using server = await serve(json({}));
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(server.url, { freshConnection: true }));
  for (let count = 0; count < 3; count += 1) expect((await check(endpoint)).phases.connectMs).not.toBeNull();
  expect(server.connections()).toBe(3);
  expect(server.requests[0]?.headers.connection).toBe('close');
});

test('a kept connection that closes as the request goes out is no failure', async () => {
  await using server = await hostileServer(
    onRequest((socket, count) => {
      if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      else socket.destroy();
    }),
  );
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(`http://127.0.0.1:${server.port}`));
  expect(await check(endpoint)).toMatchObject({ ok: true, retries: 0 });
  expect(await check(endpoint)).toMatchObject({ ok: true, retries: 1 });
  expect(await check(endpoint)).toMatchObject({ ok: true, retries: 1 });
  expect(server.accepted()).toBe(3);
});

test('a connection that was closed while it was idle is opened anew without a request in vain', async () => {
  await using server = await hostileServer(answeringOnce('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(`http://127.0.0.1:${server.port}`));
  for (let count = 0; count < 3; count += 1) {
    expect(await check(endpoint)).toMatchObject({ ok: true, retries: 0 });
    await server.allClosed();
  }
  expect(server.accepted()).toBe(3);
});

test('a connection that would idle for too long is not kept', async () => {
  await using server = await serve(json({}));
  const { check } = ask();
  const schedule = { kind: 'interval', everyMs: 60_000, failEveryMs: 60_000 } as const;
  const endpoint = endpointFor(httpCheck(server.url), { schedule });
  for (let count = 0; count < 2; count += 1) await check(endpoint);
  expect(server.connections()).toBe(2);
  expect(server.requests[0]?.headers.connection).toBe('close');
});

test('of more connections than may be kept, the one that waited longest is closed', async () => {
  await using server = await serve(json({}));
  const { check, close } = asking({}, systemClock, 2);
  const endpoints = ['a', 'b', 'c'].map(path => endpointFor(httpCheck(`${server.url}/${path}`)));
  const [a, b, c] = endpoints as [Endpoint, Endpoint, Endpoint];
  // How long each waits is known in whole milliseconds.
  const connectMs = async (endpoint: Endpoint) => {
    await setTimeout(2);
    return (await check(endpoint)).phases.connectMs;
  };
  for (const endpoint of [a, b, c]) expect(await connectMs(endpoint)).not.toBeNull();
  for (const endpoint of [b, c]) expect(await connectMs(endpoint)).toBeNull();
  expect(await connectMs(a)).not.toBeNull();
  expect(await connectMs(b)).not.toBeNull();
  close();
});

test('a connection that no check wants any more is closed after a while', async () => {
  await using server = await hostileServer(answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  const clock = manualClock();
  const { check } = asking({}, clock);
  await check(endpointFor(httpCheck(`http://127.0.0.1:${server.port}`)));
  await clock.advance(60_000);
  await server.allClosed();
});

test('an answer that more bytes follow ends its connection', async () => {
  await using server = await hostileServer(answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokok'));
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(`http://127.0.0.1:${server.port}`));
  for (let count = 0; count < 3; count += 1) expect(await check(endpoint)).toMatchObject({ ok: true });
  expect(server.accepted()).toBe(3);
});

test('checks of one endpoint that were prepared each for itself do not disturb each other', async () => {
  await using server = await serve(json({}));
  const { inspect } = ask();
  const endpoint = endpointFor(httpCheck(server.url));
  const inspected = await Promise.all([inspect(endpoint), inspect(endpoint), inspect(endpoint)]);
  expect(inspected.map(({ result }) => result.ok)).toEqual([true, true, true]);
});

test.each([
  [200, null],
  [204, null],
  [301, null],
  [399, null],
  [400, 'status 400 Bad Request'],
  [503, 'status 503 Service Unavailable'],
  [599, 'status 599'],
])('status %d is %j', async (status, error) => {
  await using server = await serve((_request, response) => response.writeHead(status).end());
  const result = await ask().check(endpointFor(httpCheck(server.url)));
  expect(result).toMatchObject({ ok: error === null, reason: error && 'status', error, statusCode: status });
});

test('a success_test takes the place of the status', async () => {
  await using server = await serve(json({ status: 'down' }, 503));
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(server.url), {
    successTests: [{ kind: 'equals', key: 'status', value: 'down' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true, statusCode: 503 });
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['identity', (body: string) => Buffer.from(body)],
  ['gzip, br', (body: string) => brotliCompressSync(gzipSync(body))],
])('content-encoding %s is undone', async (encoding, pack) => {
  const body = pack(JSON.stringify({ status: 'ok' }));
  await using server = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(body),
  );
  const endpoint = endpointFor(httpCheck(server.url, { maxBodyBytes: 15 }), { jsonValues: ['status'] });
  expect((await ask().check(endpoint)).values).toEqual({ status: 'ok' });
});

test('JSON that is nested too deep is a failure like any other', async () => {
  const depth = 400_000;
  await using server = await serve((_request, response) =>
    response.end(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`),
  );
  const { check } = ask();
  const successTests = [{ kind: 'equals', key: 'a', value: 1 }] as const;
  const endpoint = endpointFor(httpCheck(server.url), { jsonValues: ['a'], successTests });
  expect(await check(endpoint)).toMatchObject({
    reason: 'test',
    error: 'a: the body is JSON nested deeper than 200 levels',
    values: {},
  });
});

test('max_body_bytes is exact', async () => {
  await using server = await serve((_request, response) => response.end('12345'));
  const { check } = ask();
  expect(await check(endpointFor(httpCheck(server.url, { maxBodyBytes: 5 })))).toMatchObject({ ok: true });
  expect(await check(endpointFor(httpCheck(server.url, { maxBodyBytes: 4 })))).toMatchObject({
    reason: 'too-large',
    error: 'the body has more than 4 bytes',
  });
});

test('HEAD has no body, and POST sends one', async () => {
  await using server = await serve((request, response) => {
    response.writeHead(200, { 'content-length': 5 });
    if (request.method === 'HEAD') response.end();
    else request.once('data', chunk => response.end(chunk));
  });
  const { check } = ask();
  expect(await check(endpointFor(httpCheck(server.url, { method: 'HEAD' })))).toMatchObject({ ok: true });
  const post = endpointFor(httpCheck(server.url, { method: 'POST', body: 'hello' }), {
    successTests: [{ kind: 'cel', expression: 'body == "hello"' }],
  });
  expect(await check(post)).toMatchObject({ ok: true });
});

test('given headers take the place of the usual ones, Host too', async () => {
  await using server = await serve(json({}));
  const headers = { Host: 'shop.example', 'User-Agent': 'mine', Accept: 'text/html', 'X-Two': 'b' };
  await ask().check(endpointFor(httpCheck(server.url, { headers })));
  expect(server.requests[0]?.headers).toMatchObject({
    host: 'shop.example',
    'user-agent': 'mine',
    accept: 'text/html',
    'x-two': 'b',
  });
});

test('basic_auth and bearer_secret are sent, and follow a changed secret', async () => {
  await using server = await serve(json({}));
  const secrets: { [name: string]: string } = { token: 't1', password: 'p' };
  const { check } = ask(secrets);
  const bearer = endpointFor(httpCheck(server.url, { bearerSecret: 'token' }));
  await check(bearer);
  secrets.token = 't2';
  await check(bearer);
  await check(
    endpointFor(httpCheck(server.url, { basicAuth: { username: 'u', passwordSecret: 'password' } })),
  );
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer t1',
    'Bearer t2',
    `Basic ${Buffer.from('u:p').toString('base64')}`,
  ]);
  expect(server.connections()).toBe(2);
});

test('a missing secret fails by name, and nothing is sent', async () => {
  await using server = await serve(json({}));
  const result = await ask().check(endpointFor(httpCheck(server.url, { bearerSecret: 'token' })));
  expect(result).toMatchObject({ reason: 'secret', error: 'there is no secret "token"' });
  expect(server.requests).toHaveLength(0);
});

test('a secret that no header can hold fails without being told', async () => {
  await using server = await serve(json({}));
  const { check } = ask({ token: 'line\nbreak' });
  const result = await check(endpointFor(httpCheck(server.url, { bearerSecret: 'token' })));
  expect(result.ok).toBe(false);
  expect(JSON.stringify(result)).not.toContain('break');
});

test('redirects are followed as often as allowed, relative ones too', async () => {
  await using server = await serve((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('{"status":"ok"}');
    else response.writeHead(302, { location: `${left - 1}` }).end();
  });
  const { check } = ask();
  const hops = (followRedirects: number) =>
    check(endpointFor(httpCheck(`${server.url}/3`, { followRedirects }), { jsonValues: ['status'] }));
  expect(await hops(3)).toMatchObject({ ok: true, statusCode: 200, values: { status: 'ok' } });
  expect(await hops(2)).toMatchObject({
    reason: 'redirect',
    error: 'more than 2 redirects',
    statusCode: 302,
  });
  expect(await hops(0)).toMatchObject({ ok: true, statusCode: 302 });
  expect(server.connections()).toBe(3);
});

test('another origin gets no credentials', async () => {
  await using other = await serve(json({}));
  await using server = await serve((_request, response) =>
    response.writeHead(307, { location: `${other.url}/there` }).end(),
  );
  const { check } = ask({ token: 'secret' });
  const headers = { Cookie: 'a=b', Host: 'shop.example', 'X-Kept': 'yes' };
  const check307 = httpCheck(server.url, { headers, followRedirects: 1, bearerSecret: 'token' });
  expect(await check(endpointFor(check307))).toMatchObject({ ok: true });
  expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
  const seen = other.requests[0]?.headers;
  expect(seen).toMatchObject({ 'x-kept': 'yes', host: new URL(other.url).host });
  expect(seen).not.toHaveProperty('authorization');
  expect(seen).not.toHaveProperty('cookie');
});

test.each([
  [301, 'GET', ''],
  [302, 'GET', ''],
  [303, 'GET', ''],
  [307, 'POST', 'hello'],
  [308, 'POST', 'hello'],
])('after %d a POST becomes %s', async (status, method, body) => {
  let seen = '';
  await using server = await serve((request, response) => {
    if (request.url === '/') return void response.writeHead(status, { location: '/there' }).end();
    request.on('data', chunk => {
      seen += chunk;
    });
    request.on('end', () => response.end());
  });
  const check = httpCheck(`${server.url}/`, { method: 'POST', body: 'hello', followRedirects: 1 });
  expect(await ask().check(endpointFor(check))).toMatchObject({ ok: true, statusCode: 200 });
  expect([server.requests[1]?.method, seen]).toEqual([method, body]);
});

test('names and addresses of both kinds work', async () => {
  await using v4 = await serve(json({}));
  const { check } = ask();
  const named = await check(endpointFor(httpCheck(v4.url.replace('127.0.0.1', 'localhost'))));
  expect(named).toMatchObject({ ok: true, phases: { dnsMs: expect.any(Number) } });
  await using v6 = await serve(json({}), '::1');
  expect(await check(endpointFor(httpCheck(v6.url)))).toMatchObject({ ok: true, phases: { dnsMs: null } });
});

test('nobody listening is a refused connection', async () => {
  const server = await serve(json({}));
  await server[Symbol.asyncDispose]();
  expect(await ask().check(endpointFor(httpCheck(server.url)))).toMatchObject({
    reason: 'connect',
    error: `connection refused by ${new URL(server.url).host}`,
  });
});

test('a name that does not exist is a failure of dns', async () => {
  // Too long for a label, so nobody is asked for it.
  const name = `${'x'.repeat(64)}.invalid`;
  const result = await ask().check(endpointFor(httpCheck(`http://${name}/`)));
  expect(result.reason).toBe('dns');
  expect(result.error).toBe(`no such host "${name}"`);
});

test('a server that comes back is seen at once, and after every failure', async () => {
  let broken = false;
  await using server = await serve((request, response) => {
    if (broken) request.socket.destroy();
    else response.end();
  });
  const { check } = ask();
  const endpoint = endpointFor(httpCheck(server.url));
  const seen: boolean[] = [];
  for (const state of [false, true, false, true, false]) {
    broken = state;
    seen.push((await check(endpoint)).ok);
  }
  expect(seen).toEqual([true, false, true, false, true]);
});

test('a signal that was aborted before ends the check at once', async () => {
  await using server = await serve(json({}));
  const result = await ask().probe(endpointFor(httpCheck(server.url)), AbortSignal.abort());
  expect(result.reason).toBe('timeout');
});

test.each([false, true])(
  'checks leave one listener on a signal that comes again, on fresh connections: %s',
  async freshConnection => {
    await using server = await serve(json({}));
    const { probe } = ask();
    const { signal } = new AbortController();
    const endpoint = endpointFor(httpCheck(server.url, { freshConnection }));
    for (let count = 0; count < 5; count += 1) await probe(endpoint, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await probe(endpoint, new AbortController().signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  },
);

test('a signal that aborts between two requests of a check ends it', async () => {
  const controller = new AbortController();
  let asked = 0;
  await using server = await serve((_request, response) => {
    asked += 1;
    if (asked > 1) controller.abort();
    response.writeHead(302, { location: '/again' }).end();
  });
  const endpoint = endpointFor(httpCheck(server.url, { followRedirects: 10 }));
  const result = await ask().probe(endpoint, controller.signal);
  expect(result).toMatchObject({ ok: false, reason: 'timeout' });
  expect(asked).toBe(2);
});
