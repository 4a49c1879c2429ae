import { expect, test } from '@jest/globals';
import type { Json } from '../../lib/domain/json.ts';
import type { Destination } from '../../lib/domain/target.ts';
import type { Transition } from '../../lib/domain/transition.ts';
import { humanDuration } from '../../lib/wording/notification.ts';
import { render } from '../../lib/wording/render.ts';
import { exampleTarget, exampleTransition, webhookTo } from '../support/example-transition.ts';

const rendered = (to: Destination, changes: Partial<Transition> = {}) =>
  render(exampleTarget(to), exampleTransition(changes), { region: 'eu-west-1' });

const bodyOf = (body: Json, changes: Partial<Transition> = {}) =>
  (rendered(webhookTo('https://example.com', { body }), changes) as { body?: Json }).body;

const headersOf = (headers: { [name: string]: string }, changes: Partial<Transition> = {}) =>
  (rendered(webhookTo('https://example.com', { headers }), changes) as { headers?: unknown }).headers;

const wholeTransition = {
  id: 'shop-example-com-health#7',
  endpoint: 'shop-example-com-health',
  name: 'shop.example.com/health',
  state: 'fail',
  previous_state: 'ok',
  kind: 'fail',
  at_ms: 1_790_000_000_250,
  since_ms: 1_790_000_000_250,
  previous_duration_ms: 7_500_000,
  reason: 'status',
  error: 'status 503, expected 200 to 399',
  latency_ms: 12.3,
  status_code: 503,
  values: { status: 'down', 'checks.db.latency': 41.5 },
  group: 'shop',
  labels: { team: 'payments' },
  description: null,
  runbook: 'https://runbooks.example.com/shop',
  suppressed: null,
  merged: 0,
  saved: true,
};

test('a webhook without a body of its own gets the whole transition', () => {
  expect(rendered(webhookTo('https://example.com/hook?a=1'))).toEqual({
    kind: 'webhook',
    method: 'POST',
    url: 'https://example.com/hook?a=1',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'peregrine',
      'idempotency-key': 'shop-example-com-health#7',
    },
    body: wholeTransition,
  });
});

test('a GET without a body of its own has none', () => {
  expect(rendered(webhookTo('https://example.com', { method: 'GET' }))).toMatchObject({ body: null });
});

test.each<[template: string, value: Json]>([
  ['{name}', 'shop.example.com/health'],
  ['{id}', 'shop-example-com-health'],
  ['{group}', 'shop'],
  ['{state}', 'fail'],
  ['{previous_state}', 'ok'],
  ['{since}', '2026-09-21T14:13:20.250Z'],
  ['{previous_duration}', '2h 5m'],
  ['{error}', 'status 503, expected 200 to 399'],
  ['{latency_ms}', 12],
  ['{status_code}', 503],
  ['{transition_id}', 'shop-example-com-health#7'],
  ['{description}', null],
  ['{runbook}', 'https://runbooks.example.com/shop'],
  ['{region}', 'eu-west-1'],
  ['{label.team}', 'payments'],
  ['{status}', 'down'],
  ['{checks.db.latency}', 41.5],
  ['{version}', null],
  ['{label.owner}', null],
  ['{constructor}', null],
])('%s is %j', (template, value) => {
  expect(bodyOf(template)).toEqual(value);
});

test('a value keeps its type alone and is text among text', () => {
  expect(bodyOf({ code: '{status_code}', text: 'code {status_code}' })).toEqual({
    code: 503,
    text: 'code 503',
  });
});

test('what has no value is null alone and nothing in a text', () => {
  expect(bodyOf(['{latency_ms}', '<{latency_ms}>', '{label.owner}'], { latencyMs: null })).toEqual([
    null,
    '<>',
    null,
  ]);
});

test('an answer cannot break out of the JSON it lands in, nor name a placeholder', () => {
  const body = bodyOf({ text: 'was {status}' }, { values: { status: '", "admin": "{name}' } });
  expect(JSON.parse(JSON.stringify(body))).toEqual({ text: 'was ", "admin": "{name}' });
});

test('a common placeholder is not replaced by a value that the endpoint answers under its name', () => {
  expect(bodyOf('{name}', { values: { name: 'evil' } })).toBe('shop.example.com/health');
});

test('headers are rendered, in lower case, and may replace the defaults', () => {
  expect(headersOf({ 'Content-Type': 'text/plain', 'X-State': 'is {state}' })).toEqual({
    'content-type': 'text/plain',
    'user-agent': 'peregrine',
    'idempotency-key': 'shop-example-com-health#7',
    'x-state': 'is fail',
  });
});

test('a header cannot be split by what an endpoint answers', () => {
  expect(headersOf({ title: '{error}' }, { error: 'bad\r\nSet-Cookie: a=b\0' })).toMatchObject({
    title: 'bad Set-Cookie: a=b',
  });
});

test('an event has the rendered details, or the whole transition', () => {
  const to = {
    kind: 'eventbridge',
    eventBus: null,
    source: 'shop/health',
    detailType: 'type1',
    resources: ['health'],
  } as const;
  const same = { ...to, atMs: 1_790_000_000_250.625 };
  expect(rendered({ ...to, detail: { status: '{status}' } })).toEqual({
    ...same,
    detail: { status: 'down' },
  });
  expect(rendered({ ...to, detail: null })).toEqual({ ...same, detail: wholeTransition });
});

test('source, type and resources of an event are rendered, within what EventBridge allows', () => {
  const to: Destination = {
    kind: 'eventbridge',
    eventBus: 'shop',
    source: 'shop/{error}',
    detailType: '{error} {state}',
    detail: null,
    resources: ['{id}', '{label.team}'],
  };
  expect(rendered(to, { error: 'x'.repeat(300) })).toMatchObject({
    source: `shop/${'x'.repeat(251)}`,
    detailType: 'x'.repeat(128),
    resources: ['shop-example-com-health', 'payments'],
  });
});

const metric = { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: true } as const;

test('metrics are the state and a count of one, for the endpoint', () => {
  expect(rendered(metric)).toEqual({
    kind: 'cloudwatch',
    namespace: 'Shop',
    dimensions: { Endpoint: 'shop-example-com-health' },
    resolutionS: 60,
    metrics: [
      { name: 'State', value: 0 },
      { name: 'Transitions', value: 1 },
    ],
    atMs: 1_790_000_000_250.625,
  });
  expect(rendered(metric, { kind: 'ok', state: 'ok' })).toMatchObject({
    metrics: [{ name: 'State', value: 1 }, { name: 'Transitions' }],
  });
});

test('an unknown state has no value, and a reminder is no transition', () => {
  expect(rendered(metric, { kind: 'unknown', state: 'unknown' })).toMatchObject({
    metrics: [{ name: 'Transitions', value: 1 }],
  });
  expect(rendered(metric, { kind: 'reminder' })).toMatchObject({ metrics: [{ name: 'State', value: 0 }] });
});

test('queues and functions get the whole transition', () => {
  const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:f';
  const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/q';
  expect(rendered({ kind: 'lambda', functionArn })).toEqual({
    kind: 'lambda',
    functionArn,
    payload: wholeTransition,
  });
  expect(rendered({ kind: 'sqs', queueUrl })).toEqual({ kind: 'sqs', queueUrl, body: wholeTransition });
});

const people = { kind: 'recipients', recipients: ['ops@example.com', '+15550100'] } as const;

test('people read what happened in the first line', () => {
  expect(rendered(people)).toEqual({
    ...people,
    subject: 'FAIL shop.example.com/health (shop)',
    text: [
      'FAIL shop.example.com/health (shop): status 503, expected 200 to 399',
      'Since 2026-09-21 14:13:20 UTC, was ok for 2h 5m.',
      'Runbook: https://runbooks.example.com/shop',
    ].join('\n'),
  });
});

test('a reminder says how long it has been failing', () => {
  expect(
    rendered({ kind: 'sns', topicArn: 'arn:t' }, { kind: 'reminder', atMs: 1_790_000_900_250 }),
  ).toMatchObject({
    topicArn: 'arn:t',
    subject: 'STILL FAILING shop.example.com/health (shop)',
    text: expect.stringContaining('\nSince 2026-09-21 14:13:20 UTC, for 15m.\n'),
  });
});

test('a first ok has nothing to compare with', () => {
  const changes = { kind: 'initial', state: 'ok', error: null, previousDurationMs: null } as const;
  expect(rendered(people, changes)).toMatchObject({
    text: expect.stringMatching(
      /^OK shop\.example\.com\/health \(shop\)\nSince 2026-09-21 14:13:20 UTC\.\nRunbook/,
    ),
  });
});

test('a command gets the transition on stdin and in variables', () => {
  const command = ['/bin/sh', '-c', 'echo {state}'];
  expect(rendered({ kind: 'run', command, timeoutMs: 10_000 }, { error: 'a\0b' })).toEqual({
    kind: 'run',
    command,
    timeoutMs: 10_000,
    stdin: { ...wholeTransition, error: 'a\0b' },
    env: {
      PEREGRINE_NAME: 'shop.example.com/health',
      PEREGRINE_ID: 'shop-example-com-health',
      PEREGRINE_GROUP: 'shop',
      PEREGRINE_STATE: 'fail',
      PEREGRINE_PREVIOUS_STATE: 'ok',
      PEREGRINE_SINCE: '2026-09-21T14:13:20.250Z',
      PEREGRINE_PREVIOUS_DURATION: '2h 5m',
      PEREGRINE_ERROR: 'ab',
      PEREGRINE_LATENCY_MS: '12',
      PEREGRINE_STATUS_CODE: '503',
      PEREGRINE_TRANSITION_ID: 'shop-example-com-health#7',
      PEREGRINE_DESCRIPTION: '',
      PEREGRINE_RUNBOOK: 'https://runbooks.example.com/shop',
      PEREGRINE_REGION: 'eu-west-1',
      PEREGRINE_KIND: 'fail',
      PEREGRINE_REASON: 'status',
    },
  });
});

test('what is rendered is plain JSON', () => {
  const what = rendered(webhookTo('https://example.com', { body: { at: '{since}', ms: '{latency_ms}' } }));
  expect(JSON.parse(JSON.stringify(what))).toEqual(what);
});

test.each([
  [0, '0ms'],
  [250.4, '250ms'],
  [999.6, '1s'],
  [12_540, '12.5s'],
  [59_960, '1m'],
  [90_000, '1m 30s'],
  [7_200_000, '2h'],
  [7_500_000, '2h 5m'],
  [7_205_000, '2h'],
  [273_600_000, '3d 4h'],
])('%d ms is %s to a person', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
