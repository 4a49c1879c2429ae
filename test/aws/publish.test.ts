import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createPublisher } from '../../lib/aws/publish.ts';
import type { Deliveries, Publication } from '../../lib/aws/publish-event.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Json } from '../../lib/domain/json.ts';
import {
  type Answer,
  type ReceivedRequest,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

type Entry = {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly Resources: readonly string[];
  readonly Time: number;
};

let aws: WebhookReceiver;
let seen = 0;

beforeAll(async () => {
  aws = await startWebhookReceiver();
});
beforeEach(() => {
  seen = aws.requests.length;
  aws.respondWith(takesAll);
});
afterAll(() => aws.close());

const entriesOf = ({ body }: ReceivedRequest) => (JSON.parse(body) as { Entries: readonly Entry[] }).Entries;
const calls = () => aws.requests.slice(seen).map(entriesOf);
const detailOf = ({ Detail }: Entry) => JSON.parse(Detail) as { transition: Json; deliveries: Json };

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});
const takesBut =
  (error: (entry: Entry) => string | null) =>
  (request: ReceivedRequest): Answer => {
    const Entries = entriesOf(request).map(entry => {
      const ErrorCode = error(entry);
      return ErrorCode === null ? { EventId: 'e' } : { ErrorCode, ErrorMessage: 'no.' };
    });
    return json({ FailedEntryCount: Entries.filter(entry => entry.ErrorCode).length, Entries });
  };
const takesAll = takesBut(() => null);
const refusal = (type: string) => json({ __type: type, message: 'because.' }, 400);

const publisher = (hurry = 1) =>
  createPublisher({
    config: {
      endpoint: aws.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cr3t' },
    },
    clock: { ...systemClock, after: (ms, run) => systemClock.after(ms / hurry, run) },
    own: { bus: 'peregrine-prod', source: 'peregrine.prod' },
  });

const never = new AbortController().signal;
const ok = { kind: 'accepted' };

const deliveries = (transitionId: string, channel = 'sns_1', body: Json = { to: channel }): Deliveries => ({
  kind: 'deliveries',
  transitionId,
  transition: { id: transitionId },
  deliveries: { [channel]: body },
  atMs: 1_790_000_000_250.625,
});

const userEvent = (eventBus: string | null, detail: Json = {}): Publication => ({
  kind: 'eventbridge',
  eventBus,
  source: 'shop',
  detailType: 'type1',
  detail,
  resources: ['health'],
  atMs: 1_790_000_000_250,
});

test('a transition goes to the monitor’s own bus', async () => {
  expect(await publisher()(deliveries('shop#7'), never)).toEqual(ok);
  expect(calls()).toEqual([
    [
      {
        EventBusName: 'peregrine-prod',
        Source: 'peregrine.prod',
        DetailType: 'Peregrine Transition',
        Detail: '{"transition":{"id":"shop#7"},"deliveries":{"sns_1":{"to":"sns_1"}}}',
        Resources: [],
        Time: 1_790_000_000.25,
      },
    ],
  ]);
});

/** Calls under way at once may arrive in any order. */
const sizes = () =>
  calls()
    .map(entries => entries.length)
    .sort((a, b) => b - a);

test('what is asked at once goes in calls of ten, in order', async () => {
  const publish = publisher();
  const ids = Array.from({ length: 75 }, (_, n) => `shop#${n}`);
  expect(await Promise.all(ids.map(id => publish(deliveries(id), never)))).toEqual(ids.map(() => ok));
  expect(sizes()).toEqual([10, 10, 10, 10, 10, 10, 10, 5]);
  const first = calls().find(([entry]) => entry?.Detail.includes('"shop#0"'));
  expect(first?.map(entry => detailOf(entry).transition)).toEqual(ids.slice(0, 10).map(id => ({ id })));
});

test('channels of one transition share one event; a channel that is used twice does not', async () => {
  const publish = publisher();
  const outcomes = await Promise.all([
    publish(deliveries('shop#7', 'sns_1'), never),
    publish(deliveries('shop#7', 'sqs_2'), never),
    publish(deliveries('shop#7', 'sns_1', 'another text'), never),
    publish(deliveries('shop#8', 'sns_1'), never),
  ]);
  expect(outcomes).toEqual([ok, ok, ok, ok]);
  expect(calls().map(entries => entries.map(detailOf))).toEqual([
    [
      { transition: { id: 'shop#7' }, deliveries: { sns_1: { to: 'sns_1' }, sqs_2: { to: 'sqs_2' } } },
      { transition: { id: 'shop#7' }, deliveries: { sns_1: 'another text' } },
      { transition: { id: 'shop#8' }, deliveries: { sns_1: { to: 'sns_1' } } },
    ],
  ]);
});

test('each asker hears of its own event alone', async () => {
  aws.respondWith(
    takesBut(({ Detail }) =>
      Detail.includes('shop#2')
        ? 'ThrottlingException'
        : Detail.includes('shop#3')
          ? 'MalformedDetail'
          : null,
    ),
  );
  const publish = publisher();
  const ids = ['shop#1', 'shop#2', 'shop#3', 'shop#4'];
  expect(await Promise.all(ids.map(id => publish(deliveries(id), never)))).toEqual([
    ok,
    { kind: 'failed', error: 'EventBridge: ThrottlingException: no.', afterMs: null },
    { kind: 'refused', error: 'EventBridge: MalformedDetail: no.' },
    ok,
  ]);
});

test('an event that the answer leaves out has failed', async () => {
  aws.respondWith([json({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })]);
  const publish = publisher();
  const outcomes = await Promise.all(['a#1', 'a#2'].map(id => publish(deliveries(id), never)));
  expect(outcomes).toEqual([
    ok,
    { kind: 'failed', error: 'EventBridge: the event was not taken', afterMs: null },
  ]);
});

test('a call that fails has failed for all', async () => {
  aws.respondWith([refusal('InternalException')]);
  const publish = publisher();
  const outcomes = await Promise.all(['a#1', 'a#2'].map(id => publish(deliveries(id), never)));
  const failed = { kind: 'failed', error: 'EventBridge: InternalException: because.', afterMs: null };
  expect(outcomes).toEqual([failed, failed]);
  expect(calls()).toHaveLength(1);
});

test('of a call that is refused, one event alone is at fault', async () => {
  aws.respondWith(request =>
    request.body.includes('bad#1') ? refusal('ValidationException') : takesAll(request),
  );
  const publish = publisher();
  const outcomes = await Promise.all(['a#1', 'bad#1', 'a#2'].map(id => publish(deliveries(id), never)));
  expect(outcomes).toMatchObject([ok, { kind: 'refused' }, ok]);
  expect(sizes()).toEqual([3, 1, 1, 1]);
});

test('a user’s event is as the user wants it, in the region of its bus', async () => {
  const publish = publisher();
  const arn = 'arn:aws:events:us-east-1:123456789012:event-bus/shop';
  expect(
    await Promise.all([publish(userEvent(null, { a: 1 }), never), publish(userEvent(arn, { b: 2 }), never)]),
  ).toEqual([ok, ok]);
  const common = { Source: 'shop', DetailType: 'type1', Resources: ['health'], Time: 1_790_000_000.25 };
  const byRegion = Object.fromEntries(
    aws.requests
      .slice(seen)
      .map(request => [
        /Credential=\w+\/\d+\/([\w-]+)/.exec(request.headers.authorization ?? '')?.[1],
        request,
      ]),
  );
  expect(byRegion['eu-west-1'] && entriesOf(byRegion['eu-west-1'])).toEqual([
    { ...common, EventBusName: 'peregrine-prod', Detail: '{"a":1}' },
  ]);
  expect(byRegion['us-east-1'] && entriesOf(byRegion['us-east-1'])).toEqual([
    { ...common, EventBusName: arn, Detail: '{"b":2}' },
  ]);
});

test('a bus that is denied or silent holds up no other', async () => {
  aws.respondWith(request =>
    entriesOf(request).some(({ EventBusName }) => EventBusName === 'denied')
      ? refusal('AccessDeniedException')
      : entriesOf(request).some(({ EventBusName }) => EventBusName === 'silent')
        ? { delayMs: 60_000 }
        : takesAll(request),
  );
  const publish = publisher();
  const stop = new AbortController();
  const silent = publish(userEvent('silent'), stop.signal);
  const [own, denied] = await Promise.all([
    publish(deliveries('shop#7'), never),
    publish(userEvent('denied'), never),
  ]);
  expect(own).toEqual(ok);
  expect(denied).toMatchObject({ kind: 'failed', error: expect.stringContaining('allow this to the role') });
  stop.abort();
  expect(await silent).toMatchObject({ error: 'stopped before EventBridge answered' });
});

test('an event larger than EventBridge takes is refused without a call', async () => {
  const large = deliveries('shop#7', 'sns_1', 'x'.repeat(250_000));
  expect(await publisher()(large, never)).toEqual({
    kind: 'refused',
    error: 'EventBridge: the event has 250104 bytes, 250000 are allowed. Take fewer values into it',
  });
  expect(calls()).toEqual([]);
});

test('calls and shared events stay within what EventBridge takes', async () => {
  const publish = publisher();
  const half = 'x'.repeat(150_000);
  const asked = ['a', 'b', 'c', 'd'].flatMap(id => [
    deliveries(`${id}#1`, 'sns_1', half),
    deliveries(`${id}#1`, 'sqs_2', half),
  ]);
  expect(await Promise.all(asked.map(one => publish(one, never)))).toEqual(asked.map(() => ok));
  expect(calls().flat()).toHaveLength(8);
  expect(sizes()).toEqual([5, 3]);
});

test('who stops to wait is told at once, and what nobody waits for is not sent', async () => {
  const publish = publisher();
  const [one, other] = [new AbortController(), new AbortController()];
  const early = publish(deliveries('shop#7', 'sns_1'), one.signal);
  const stays = publish(deliveries('shop#7', 'sqs_2'), never);
  one.abort();
  const stopped = { kind: 'failed', error: 'stopped before EventBridge answered', afterMs: null };
  expect(await early).toEqual(stopped);
  expect(await stays).toEqual(ok);
  expect(calls().map(entries => entries.map(detailOf))).toEqual([
    [{ transition: { id: 'shop#7' }, deliveries: { sqs_2: { to: 'sqs_2' } } }],
  ]);

  aws.respondWith([{ delayMs: 60_000 }]);
  const during = publish(deliveries('shop#8'), other.signal);
  await aws.waitFor(seen + 2);
  other.abort();
  expect(await during).toEqual(stopped);
  expect(await publish(deliveries('shop#9'), other.signal)).toMatchObject({ kind: 'failed' });
  expect(aws.requests).toHaveLength(seen + 2);
});

test('calls that nobody waits for any more make room for others', async () => {
  aws.respondWith(request => (request.body.includes('old#') ? { delayMs: 60_000 } : takesAll(request)));
  const publish = publisher();
  const stop = new AbortController();
  const old = Array.from({ length: 40 }, (_, n) => publish(deliveries(`old#${n}`), stop.signal));
  await aws.waitFor(seen + 4);
  stop.abort();
  await Promise.all(old);
  const abortedAtMs = performance.now();
  expect(await publish(deliveries('new#1'), never)).toEqual(ok);
  expect(performance.now() - abortedAtMs).toBeLessThan(5000);
});

test('a bus that never answers ends every wait, and what it keeps waiting is bounded', async () => {
  aws.respondWith([{ delayMs: 60_000 }]);
  const publish = publisher(20);
  const body = 'x'.repeat(240_000);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, n) => publish(deliveries(`shop#${n}`, 'sns_1', body), never)),
  );
  expect(new Set(outcomes.map(outcome => outcome.kind))).toEqual(new Set(['failed']));
  const errors = outcomes.map(outcome => (outcome.kind === 'failed' ? outcome.error : ''));
  const tooMany = errors.filter(error => error.includes('too many events wait')).length;
  expect(tooMany).toBeGreaterThan(40);
  expect(tooMany).toBeLessThan(60);
  expect(errors.filter(error => /did not answer within [12]0 s/.test(error))).toHaveLength(200 - tooMany);
});
