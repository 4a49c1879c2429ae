import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createLoadSecrets } from '../../lib/aws/read-secrets.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { type Answer, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

let aws: WebhookReceiver;
let seen = 0;
let passedMs = 0;

beforeAll(async () => {
  aws = await startWebhookReceiver();
});
beforeEach(() => {
  seen = aws.requests.length;
  passedMs = 0;
});
afterAll(() => aws.close());

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});
const secretId = (body: string) => (JSON.parse(body) as { SecretId: string }).SecretId;
const asked = () => aws.requests.slice(seen).map(({ body }) => secretId(body));

const answers = (byName: { readonly [name: string]: Answer }) =>
  aws.respondWith(
    ({ body }) =>
      byName[secretId(body)] ??
      json({ __type: 'ResourceNotFoundException', message: "can't find the specified secret." }, 400),
  );

const loader = (hurry = 1) =>
  createLoadSecrets({
    config: {
      endpoint: aws.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cr3t' },
    },
    clock: {
      ...systemClock,
      nowMs: () => systemClock.nowMs() + passedMs,
      after: (ms, run) => systemClock.after(ms / hurry, run),
    },
  });

const { signal: never } = new AbortController();

test('each secret is read once, as text, JSON too', async () => {
  answers({ token: json({ SecretString: 'abc' }), login: json({ SecretString: '{"password":"p"}' }) });
  const { read, problems } = await loader()(['token', 'login', 'token'], never);
  expect([read('token'), read('login'), read('other')]).toEqual(['abc', '{"password":"p"}', null]);
  expect(problems).toEqual([]);
  expect(asked().sort()).toEqual(['login', 'token']);
});

test('a secret that is missing, denied or no text is a problem of its own', async () => {
  answers({
    token: json({ SecretString: 'abc' }),
    denied: json({ __type: 'AccessDeniedException', message: 'User: u is not authorized' }, 400),
    bytes: json({ SecretBinary: 'YWJj' }),
    empty: json({ SecretString: '' }),
  });
  const { read, problems } = await loader()(['gone', 'denied', 'bytes', 'empty', 'token'], never);
  expect(['gone', 'denied', 'bytes', 'empty'].map(read)).toEqual([null, null, null, null]);
  expect(read('token')).toBe('abc');
  expect([...problems].sort()).toEqual([
    'the secret bytes was not read: it holds no text',
    'the secret denied was not read: Secrets Manager: AccessDeniedException: User: u is not authorized (allow this to the role or user that the monitor runs as)',
    'the secret empty was not read: it holds no text',
    'the secret gone is missing. Create it: aws secretsmanager create-secret --name gone --secret-string VALUE',
  ]);
});

test('a value is kept for ten minutes, and longer while it cannot be read', async () => {
  answers({ token: json({ SecretString: 'old' }) });
  const load = loader();
  await load(['token'], never);
  answers({ token: json({ SecretString: 'new' }) });
  passedMs = 9 * 60_000;
  expect((await load(['token'], never)).read('token')).toBe('old');
  expect(asked()).toHaveLength(1);
  passedMs = 10 * 60_000;
  expect((await load(['token'], never)).read('token')).toBe('new');
  passedMs = 20 * 60_000;
  answers({ token: json({ __type: 'InternalServiceError', message: 'm' }, 500) });
  const { read, problems } = await load(['token'], never);
  expect(read('token')).toBe('new');
  expect(problems).toEqual(['the secret token was not read: Secrets Manager: InternalServiceError: m']);
  answers({});
  expect((await load(['token'], never)).read('token')).toBeNull();
});

test('a service that is silent delays the checks for some seconds only, however many secrets there are', async () => {
  aws.respondWith([{ delayMs: 60_000 }]);
  const names = Array.from({ length: 100 }, (_, n) => `secret-${n}`);
  const startedAtMs = performance.now();
  const { problems } = await loader(20)(names, never);
  expect(performance.now() - startedAtMs).toBeLessThan(2000);
  expect(problems).toHaveLength(100);
  expect(asked().length).toBeLessThan(40);
});

test('a stop ends the reading', async () => {
  aws.respondWith([{ delayMs: 60_000 }]);
  const stop = new AbortController();
  const loaded = loader()(['token'], stop.signal);
  await aws.waitFor(seen + 1);
  stop.abort();
  expect((await loaded).problems).toEqual([
    'the secret token was not read: stopped before Secrets Manager answered',
  ]);
});
