import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createPutMetricData } from '../../lib/aws/put-metric-data.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Metric } from '../../lib/domain/metric.ts';
import {
  type Answer,
  type ReceivedRequest,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

type Datum = {
  readonly MetricName: string;
  readonly Timestamp: number;
  readonly Values: readonly number[];
  readonly Counts: readonly number[];
};
type Call = { readonly Namespace: string; readonly MetricData: readonly Datum[] };

let aws: WebhookReceiver;
let seen = 0;
let problems: string[] = [];

beforeAll(async () => {
  aws = await startWebhookReceiver();
});
beforeEach(() => {
  seen = aws.requests.length;
  problems = [];
  aws.respondWith([taken]);
});
afterAll(() => aws.close());

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});
const taken = json({});
const refusal = (type: string, status = 400) => json({ __type: type, message: 'because.' }, status);

const arrived = (): readonly ReceivedRequest[] => aws.requests.slice(seen);
const calls = (): readonly Call[] => arrived().map(({ body }) => JSON.parse(body) as Call);
const samples = (of: readonly Call[]): number =>
  of.flatMap(call => call.MetricData.flatMap(({ Counts }) => Counts)).reduce((sum, count) => sum + count, 0);

const putter = (hurry = 1) =>
  createPutMetricData({
    config: {
      endpoint: aws.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cr3t' },
    },
    clock: { ...systemClock, after: (ms, run) => systemClock.after(ms / hurry, run) },
    onProblem: message => problems.push(message),
  });

const { signal: never } = new AbortController();

const metric = (given: Partial<Metric> = {}): Metric => ({
  namespace: 'Peregrine',
  name: 'LatenessMs',
  unit: 'Milliseconds',
  dimensions: { Stage: 'prod' },
  atMs: 1_790_000_000_000,
  resolutionS: 60,
  values: [
    [0.5, 239],
    [12, 1],
  ],
  ...given,
});
const many = (count: number, given: Partial<Metric> = {}) =>
  Array.from({ length: count }, (_, n) => metric({ dimensions: { Endpoint: `e-${n}` }, ...given }));

test('a metric is its values with their counts', async () => {
  await putter()([metric()], never);
  expect(calls()).toEqual([
    {
      Namespace: 'Peregrine',
      MetricData: [
        {
          MetricName: 'LatenessMs',
          Unit: 'Milliseconds',
          Dimensions: [{ Name: 'Stage', Value: 'prod' }],
          Timestamp: 1_790_000_000,
          StorageResolution: 60,
          Values: [0.5, 12],
          Counts: [239, 1],
        },
      ],
    },
  ]);
  expect(arrived()[0]?.headers['content-encoding']).toBeUndefined();
  expect(problems).toEqual([]);
});

test('each namespace is one call, and a large one is packed', async () => {
  await putter()([metric(), metric({ namespace: 'Shop', resolutionS: 1 }), ...many(500)], never);
  const byName = calls().map(({ Namespace, MetricData }) => [Namespace, MetricData.length]);
  expect(byName.sort()).toEqual([
    ['Peregrine', 501],
    ['Shop', 1],
  ]);
  const large = arrived().find(({ body }) => body.length > 10_000);
  expect(large?.headers['content-encoding']).toBe('gzip');
  expect(Number(large?.headers['content-length'])).toBeLessThan((large?.body.length ?? 0) / 5);
});

test('calls stay within 1,000 metrics, 1 MB and 150 values a metric', async () => {
  const values = Array.from({ length: 200 }, (_, n) => [n + 1 / 3, 1] as const);
  await putter()([...many(2500), ...many(400, { values })], never);
  expect(calls().map(({ MetricData }) => MetricData.length <= 1000)).not.toContain(false);
  expect(arrived().map(({ body }) => body.length <= 1_000_000)).not.toContain(false);
  const data = calls().flatMap(({ MetricData }) => MetricData);
  expect(data).toHaveLength(2900);
  expect(Math.max(...data.map(({ Values }) => Values.length))).toBe(150);
  expect(samples(calls())).toBe(2500 * 240 + 400 * 200);
});

test('nothing is asked for no metrics', async () => {
  await putter()([], never);
  expect(arrived()).toEqual([]);
});

test('what was not taken goes with the next metrics, at its own instant, and is one problem', async () => {
  const put = putter();
  aws.respondWith([refusal('AccessDeniedException', 403)]);
  await put([metric(), metric({ namespace: 'Shop' })], never);
  expect(problems).toEqual([
    '2 of 2 metrics were not taken, they will be sent again: CloudWatch: AccessDeniedException: because. (allow this to the role or user that the monitor runs as)',
  ]);
  aws.respondWith([taken]);
  seen = aws.requests.length;
  await put([metric({ atMs: 1_790_000_060_000 })], never);
  const own = calls().find(({ Namespace }) => Namespace === 'Peregrine');
  expect(own?.MetricData.map(({ Timestamp }) => Timestamp)).toEqual([1_790_000_000, 1_790_000_060]);
  expect(calls()).toHaveLength(2);
  expect(problems).toHaveLength(1);
});

test('an hour without CloudWatch costs no count and no more than 15 periods of each metric', async () => {
  const put = putter();
  aws.respondWith([refusal('AccessDeniedException', 403)]);
  for (let minute = 0; minute < 60; minute++) await put([metric({ atMs: minute * 60_000 })], never);
  aws.respondWith([taken]);
  seen = aws.requests.length;
  await put([metric({ atMs: 3_600_000 })], never);
  expect(calls()).toHaveLength(1);
  expect(calls()[0]?.MetricData).toHaveLength(16);
  expect(samples(calls())).toBe(61 * 240);
  expect(problems).toHaveLength(60);
});

test('a call that fails for a moment is repeated at once', async () => {
  aws.respondWith([refusal('InternalServiceFault', 500), taken]);
  await putter()([metric()], never);
  expect(arrived()).toHaveLength(2);
  expect(problems).toEqual([]);
});

test('what CloudWatch will never take is dropped', async () => {
  const put = putter();
  aws.respondWith([refusal('InvalidParameterValueException')]);
  await put([metric()], never);
  expect(problems).toEqual([
    '1 of 1 metrics were not taken, they are dropped: CloudWatch: InvalidParameterValueException: because.',
  ]);
  seen = aws.requests.length;
  await put([], never);
  expect(arrived()).toEqual([]);
});

test('silence ends in time, and so does a stop', async () => {
  aws.respondWith([{ delayMs: 60_000 }]);
  await putter(50)([metric()], never);
  expect(problems).toEqual([expect.stringContaining('CloudWatch did not answer within 10 s')]);
  const stop = new AbortController();
  const stopped = putter()([metric()], stop.signal);
  await aws.waitFor(seen + 2);
  stop.abort();
  await stopped;
  expect(problems[1]).toContain('stopped before CloudWatch answered');
});
