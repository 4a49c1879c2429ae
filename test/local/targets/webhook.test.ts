import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/domain/clock.ts';
import type { ApiKey } from '../../../lib/domain/target.ts';
import { webhookTo } from '../../support/example-transition.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { hastyClock, sendTo } from './example-send.ts';

let receiver: WebhookReceiver;
let seen = 0;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
});
beforeEach(() => {
  receiver.respondWith([200]);
  seen = receiver.requests.length;
});
afterAll(() => receiver.close());

const arrived = () => receiver.requests.slice(seen);
const host = () => new URL(receiver.url).host;

test('the transition arrives as JSON under its id', async () => {
  expect(await sendTo(webhookTo(`${receiver.url}/hook?a=1`))()).toEqual({ kind: 'accepted' });
  const [request, ...more] = arrived();
  expect(more).toEqual([]);
  expect(request).toMatchObject({
    method: 'POST',
    path: '/hook?a=1',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': 'shop-example-com-health#7',
      'user-agent': 'peregrine',
    },
  });
  expect(JSON.parse(request?.body ?? '')).toMatchObject({ id: 'shop-example-com-health#7', state: 'fail' });
});

test('method, headers and body are the target’s', async () => {
  const to = webhookTo(receiver.url, {
    method: 'PUT',
    headers: { 'X-Title': '{name}' },
    body: { title: '{name} is {state}', code: '{status_code}' },
  });
  const name = 'Köln ✓';
  await sendTo(to)({ subject: { name, group: null, labels: {}, description: null, runbook: null } });
  const [request] = arrived();
  expect(request?.method).toBe('PUT');
  expect(Buffer.from(String(request?.headers['x-title']), 'latin1').toString()).toBe(name);
  expect(JSON.parse(request?.body ?? '')).toEqual({ title: 'Köln ✓ is fail', code: 503 });
});

test('a GET has no body', async () => {
  await sendTo(webhookTo(receiver.url, { method: 'GET' }))();
  expect(arrived()).toMatchObject([{ method: 'GET', body: '' }]);
});

const KEY = 's3cr3t+/&=key';

const keyIn = (place: ApiKey['in']): ApiKey => ({
  name: 'api_key',
  in: place,
  key: { kind: 'secret', secret: 'datadog' },
});
const readSecret = (name: string) => (name === 'datadog' ? KEY : null);

const placements: readonly [ApiKey['in'], object][] = [
  ['query', { path: '/hook?a=%20b&api_key=s3cr3t%2B%2F%26%3Dkey' }],
  ['header', { headers: { api_key: KEY } }],
  ['basic', { headers: { authorization: `Basic ${btoa(`api_key:${KEY}`)}` } }],
  ['bearer', { headers: { authorization: `Bearer ${KEY}` } }],
];

test.each(placements)('the key is put in the %s', async (place, request) => {
  await sendTo(webhookTo(`${receiver.url}/hook?a=%20b`, { apiKey: keyIn(place) }), { readSecret })();
  expect(arrived()).toMatchObject([request]);
});

test('a key written in the file is sent too', async () => {
  const apiKey: ApiKey = { name: 'k', in: 'query', key: { kind: 'value', value: 'v' } };
  await sendTo(webhookTo(receiver.url, { apiKey }))();
  expect(arrived()).toMatchObject([{ path: '/?k=v' }]);
});

test.each(placements)('no error tells the key that is put in the %s', async place => {
  const to = (url: string) =>
    sendTo(webhookTo(url, { apiKey: keyIn(place) }), { readSecret, clock: hastyClock });
  const echo = `/to?api_key=${encodeURIComponent(KEY)}&raw=${KEY}`;
  const errors: unknown[] = [];
  for (const status of [302, 400, 401, 404, 503]) {
    receiver.respondWith([{ status, headers: { location: echo, 'x-echo': KEY }, body: KEY }]);
    errors.push(await to(receiver.url)());
  }
  receiver.respondWith([{ reset: true }]);
  errors.push(await to(receiver.url)());
  receiver.respondWith([{ delayMs: 900 }]);
  errors.push(await to(receiver.url)());
  errors.push(await to('http://127.0.0.1:1/')());
  expect(errors).toHaveLength(8);
  expect(errors.every(outcome => (outcome as { error?: string }).error)).toBe(true);
  const text = JSON.stringify(errors);
  expect(text).not.toContain('s3cr3t');
  expect(text).not.toContain(btoa(`api_key:${KEY}`));
});

test('a key that no header can carry is not told either', async () => {
  const to = webhookTo(receiver.url, { apiKey: keyIn('header') });
  const outcome = await sendTo(to, { readSecret: () => 's3cr3t\n' })();
  expect(outcome).toEqual({
    kind: 'failed',
    error: `${host()} was not reached: invalid api_key header`,
    afterMs: null,
  });
  expect(arrived()).toEqual([]);
});

test('without its secret nothing is sent', async () => {
  expect(await sendTo(webhookTo(receiver.url, { apiKey: keyIn('query') }))()).toEqual({
    kind: 'failed',
    error: 'needs the secret datadog. Set PEREGRINE_SECRET_DATADOG in the environment or in .env.',
    afterMs: null,
  });
  expect(arrived()).toEqual([]);
});

test.each([200, 201, 202, 204, 299])('%d is accepted', async status => {
  receiver.respondWith([status]);
  expect(await sendTo(webhookTo(receiver.url))()).toEqual({ kind: 'accepted' });
});

test.each([
  [400, 'Bad Request'],
  [405, 'Method Not Allowed'],
  [413, 'Payload Too Large'],
  [414, 'URI Too Long'],
  [415, 'Unsupported Media Type'],
  [422, 'Unprocessable Entity'],
])('%d will never be accepted', async (status, text) => {
  receiver.respondWith([status]);
  expect(await sendTo(webhookTo(receiver.url))()).toEqual({
    kind: 'refused',
    error: `${host()} answered ${status} ${text}. Check the target's method, headers and post_json_info`,
  });
});

test.each([
  [401, ' Unauthorized. Check its API key'],
  [403, ' Forbidden. Check its API key'],
  [404, ' Not Found'],
  [408, ' Request Timeout'],
  [429, ' Too Many Requests'],
  [500, ' Internal Server Error'],
  [503, ' Service Unavailable'],
  [599, ''],
])('%d may be accepted later', async (status, text) => {
  receiver.respondWith([status]);
  expect(await sendTo(webhookTo(receiver.url))()).toEqual({
    kind: 'failed',
    error: `${host()} answered ${status}${text}`,
    afterMs: null,
  });
});

test('a redirect is not followed', async () => {
  receiver.respondWith([{ status: 301, headers: { location: 'https://www.example.com/hook?k=v' } }]);
  expect(await sendTo(webhookTo(receiver.url))()).toMatchObject({
    kind: 'failed',
    error: `${host()} answered 301 Moved Permanently, a redirect to https://www.example.com. Set post_endpoint to the final address`,
  });
  expect(arrived()).toHaveLength(1);
});

test.each([
  ['7', 7000],
  ['0', 0],
  ['86400', 3_600_000],
  ['Mon, 21 Sep 2026 14:13:30 GMT', 10_000],
  ['Mon, 21 Sep 2026 14:13:00 GMT', 0],
  ['soon', null],
])('Retry-After: %s', async (header, afterMs) => {
  receiver.respondWith([{ status: 429, headers: { 'retry-after': header } }]);
  const clock = { ...systemClock, nowMs: () => 1_790_000_000_000 };
  expect(await sendTo(webhookTo(receiver.url), { clock })()).toMatchObject({ kind: 'failed', afterMs });
});

test('an endless answer does not hold up an accepted message', async () => {
  const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;
  let sentBytes = 0;
  const endless = createServer(socket => {
    const more = () => {
      do sentBytes += chunk.length;
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('error', () => {}).on('drain', more);
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', more));
  });
  await new Promise<void>(resolve => endless.listen(0, '127.0.0.1', resolve));
  const { port } = endless.address() as AddressInfo;
  expect(await sendTo(webhookTo(`http://127.0.0.1:${port}/`))()).toEqual({ kind: 'accepted' });
  await new Promise(resolve => endless.close(resolve));
  // 64 KiB, and what the system's buffers take.
  expect(sentBytes).toBeLessThan(50_000_000);
});

test('a receiver that is silent is given up', async () => {
  receiver.respondWith([{ delayMs: 60_000 }]);
  expect(await sendTo(webhookTo(receiver.url), { clock: hastyClock })()).toEqual({
    kind: 'failed',
    error: `${host()} did not answer within 5 s`,
    afterMs: null,
  });
});

test('a connection that is refused or reset may work later', async () => {
  receiver.respondWith([{ reset: true }]);
  expect(await sendTo(webhookTo(receiver.url))()).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining(`${host()} was not reached: `),
  });
  expect(await sendTo(webhookTo('http://127.0.0.1:1/'))()).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining('127.0.0.1:1 was not reached: '),
  });
});

test('a stop ends a delivery under way', async () => {
  receiver.respondWith([{ delayMs: 60_000 }]);
  const stop = new AbortController();
  const outcome = sendTo(webhookTo(receiver.url))({}, stop.signal);
  await receiver.waitFor(seen + 1);
  stop.abort();
  expect(await outcome).toMatchObject({ kind: 'failed', error: `stopped before ${host()} answered` });
});
