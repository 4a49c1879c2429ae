import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { awsSenders } from '../../lib/aws/send-services.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Destination } from '../../lib/domain/target.ts';
import type { Transition } from '../../lib/domain/transition.ts';
import type { Outcome } from '../../lib/engine/ports/send.ts';
import { sendTo } from '../local/targets/example-send.ts';
import { exampleTarget, exampleTransition } from '../support/example-transition.ts';
import {
  type Answer,
  type ReceivedRequest,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

let aws: WebhookReceiver;
let seen = 0;
let printed: string[] = [];

beforeAll(async () => {
  aws = await startWebhookReceiver();
});
beforeEach(() => {
  seen = aws.requests.length;
  printed = [];
});
afterAll(() => aws.close());

const hastyClock = {
  ...systemClock,
  after: (ms: number, run: () => void) => systemClock.after(ms / 50, run),
};

const sender = (to: Destination, clock = systemClock) => {
  const config = {
    endpoint: aws.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cr3t' },
  };
  const services = awsSenders({ config, clock, print: line => printed.push(line) });
  return sendTo(to, { services });
};

const send = async (to: Destination, changes: Partial<Transition> = {}): Promise<Outcome> =>
  sender(to)(changes);
const arrived = (): readonly ReceivedRequest[] => aws.requests.slice(seen);
const arrivedJson = () => arrived().map(({ body }) => JSON.parse(body) as unknown);
const arrivedForms = () => arrived().map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
const signedFor = () =>
  arrived().map(
    ({ headers }) => /Credential=\w+\/\d+\/([\w-]+\/\w+)\//.exec(headers.authorization ?? '')?.[1],
  );

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});
const awsError = (type: string, message: string, status = 400) => json({ __type: type, message }, status);
const xml = (body: string, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body,
});
const published = xml(
  '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
);
const snsError = (code: string, message: string, status = 400) =>
  xml(
    `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    status,
  );

/** The SDK compares the sum with what it has sent. */
const queued = ({ body }: ReceivedRequest): Answer => {
  const { MessageBody } = JSON.parse(body) as { MessageBody: string };
  return json({ MessageId: 'm', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') });
};

const bus: Destination = {
  kind: 'eventbridge',
  eventBus: 'arn:aws:events:us-east-1:123456789012:event-bus/shop',
  source: 'shop/health',
  detailType: 'type1',
  detail: { status: '{status}', code: '{status_code}' },
  resources: ['health'],
};

test('an event goes to its bus, in the region of the bus', async () => {
  aws.respondWith([json({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })]);
  expect(await send(bus)).toEqual({ kind: 'accepted' });
  expect(signedFor()).toEqual(['us-east-1/events']);
  expect(arrivedJson()).toEqual([
    {
      Entries: [
        {
          EventBusName: 'arn:aws:events:us-east-1:123456789012:event-bus/shop',
          Source: 'shop/health',
          DetailType: 'type1',
          Detail: '{"status":"down","code":503}',
          Resources: ['health'],
          Time: 1_790_000_000.25,
        },
      ],
    },
  ]);
});

test('an event without a bus goes to the default one', async () => {
  aws.respondWith([json({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })]);
  await send({ ...bus, eventBus: null });
  expect(signedFor()).toEqual(['eu-west-1/events']);
  expect(arrivedJson()).toEqual([
    { Entries: [expect.not.objectContaining({ EventBusName: expect.anything() })] },
  ]);
});

test.each([
  ['InternalFailure', 'failed'],
  ['ThrottlingException', 'failed'],
  ['MalformedDetail', 'refused'],
])('an entry that fails with %s is %s', async (ErrorCode, kind) => {
  aws.respondWith([json({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: 'no.' }] })]);
  expect(await send(bus)).toMatchObject({ kind, error: `EventBridge: ${ErrorCode}: no.` });
});

test('metrics go to their namespace', async () => {
  aws.respondWith([json({})]);
  expect(await send({ kind: 'cloudwatch', namespace: 'Shop', resolutionS: 1, alarm: true })).toEqual({
    kind: 'accepted',
  });
  expect(signedFor()).toEqual(['eu-west-1/monitoring']);
  const Dimensions = [{ Name: 'Endpoint', Value: 'shop-example-com-health' }];
  expect(arrivedJson()).toEqual([
    {
      Namespace: 'Shop',
      MetricData: [
        { MetricName: 'State', Value: 0, Timestamp: 1_790_000_000.25, Dimensions, StorageResolution: 1 },
        {
          MetricName: 'Transitions',
          Value: 1,
          Timestamp: 1_790_000_000.25,
          Dimensions,
          StorageResolution: 1,
        },
      ],
    },
  ]);
});

test('a topic gets subject and text, within what SNS allows', async () => {
  aws.respondWith([published]);
  const topicArn = 'arn:aws:sns:ap-south-1:123456789012:ops';
  const subject = {
    name: `Köln ${'x'.repeat(200)}`,
    group: null,
    labels: {},
    description: null,
    runbook: null,
  };
  expect(await send({ kind: 'sns', topicArn }, { subject })).toEqual({ kind: 'accepted' });
  expect(signedFor()).toEqual(['ap-south-1/sns']);
  const [form] = arrivedForms();
  expect(form).toMatchObject({ Action: 'Publish', TopicArn: topicArn });
  expect(form?.Subject).toBe(`FAIL K?ln ${'x'.repeat(89)}`);
  expect(form?.Message).toContain('FAIL Köln xxx');
  expect(form).not.toHaveProperty('MessageGroupId');
});

test('a FIFO topic or queue keeps a rule’s transitions in order, each once', async () => {
  const longId = 'x'.repeat(200);
  aws.respondWith([published]);
  await send({ kind: 'sns', topicArn: 'arn:aws:sns:eu-west-1:123456789012:ops.fifo' });
  await send(
    { kind: 'sns', topicArn: 'arn:aws:sns:eu-west-1:123456789012:ops.fifo' },
    { ruleId: longId as Transition['ruleId'], id: `${longId}#1` },
  );
  const [form, long] = arrivedForms();
  expect(form).toMatchObject({
    MessageGroupId: 'shop-example-com-health',
    MessageDeduplicationId: 'shop-example-com-health#7',
  });
  expect(long?.MessageGroupId).toMatch(/^[0-9a-f]{64}$/);
  expect(long?.MessageDeduplicationId).not.toBe(long?.MessageGroupId);

  aws.respondWith(queued);
  await send({ kind: 'sqs', queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/ops.fifo' });
  expect(JSON.parse(arrived().at(-1)?.body ?? '')).toMatchObject({
    MessageGroupId: 'shop-example-com-health',
    MessageDeduplicationId: 'shop-example-com-health#7',
  });
});

test.each([
  ['https://sqs.us-west-2.amazonaws.com/123456789012/q', 'us-west-2/sqs'],
  ['https://us-west-1.queue.amazonaws.com/123456789012/q', 'us-west-1/sqs'],
  ['http://localhost:4566/000000000000/q', 'eu-west-1/sqs'],
])('a queue gets the transition: %s', async (queueUrl, region) => {
  aws.respondWith(queued);
  expect(await send({ kind: 'sqs', queueUrl })).toEqual({ kind: 'accepted' });
  expect(signedFor()).toEqual([region]);
  const [message] = arrivedJson() as readonly { QueueUrl: string; MessageBody: string }[];
  expect(message?.QueueUrl).toBe(queueUrl);
  expect(JSON.parse(message?.MessageBody ?? '')).toMatchObject({ id: 'shop-example-com-health#7' });
});

test('a function is invoked without waiting for its end', async () => {
  aws.respondWith([202]);
  const functionArn = 'arn:aws:lambda:us-east-2:123456789012:function:f';
  expect(await send({ kind: 'lambda', functionArn })).toEqual({ kind: 'accepted' });
  expect(signedFor()).toEqual(['us-east-2/lambda']);
  expect(arrived()).toMatchObject([
    {
      path: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
      headers: { 'x-amz-invocation-type': 'Event' },
    },
  ]);
  expect(arrivedJson()).toMatchObject([{ id: 'shop-example-com-health#7', state: 'fail' }]);
});

test('a text message goes to each phone, an e-mail address is named as one that gets nothing', async () => {
  aws.respondWith([published]);
  const recipients = ['ops@example.com', '+15550100', '+15550101'];
  const description = 'd'.repeat(1000);
  const { subject } = { subject: { name: 'shop', group: null, labels: {}, description, runbook: null } };
  expect(await send({ kind: 'recipients', recipients }, { subject })).toEqual({ kind: 'accepted' });
  expect(arrivedForms().map(({ PhoneNumber }) => PhoneNumber)).toEqual(['+15550100', '+15550101']);
  const [form] = arrivedForms();
  expect(form).toMatchObject({
    'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
    'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
  });
  expect(form?.Message).toMatch(/^FAIL shop: status 503, expected 200 to 399\nSince /);
  expect(form?.Message).toHaveLength(459);
  expect(printed).toEqual([
    'target "ops" sent no e-mail to ops@example.com: SNS sends e-mail only through a topic. Subscribe the address to one and use post_service: aws-sns',
  ]);
});

test('a target of e-mail addresses alone is refused', async () => {
  expect(await send({ kind: 'recipients', recipients: ['ops@example.com'] })).toMatchObject({
    kind: 'refused',
    error: expect.stringContaining('no e-mail to ops@example.com: SNS sends e-mail only through a topic'),
  });
  expect(arrived()).toEqual([]);
});

test('who has had a message is not texted again when another number is tried again', async () => {
  const throttled = snsError('Throttling', 'Rate exceeded', 400);
  let busy = true;
  aws.respondWith(({ body }) => (body.includes('15550101') && busy ? throttled : published));
  const recipients = ['+15550100', '+15550101', 'ops@example.com'];
  const services = awsSenders({
    config: {
      endpoint: aws.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    },
    clock: systemClock,
    print: line => printed.push(line),
  });
  const transition = exampleTransition();
  const to = { kind: 'recipients', recipients } as const;
  const delivery = {
    target: exampleTarget(to),
    transition,
    rendered: { ...to, subject: 's', text: 't' },
  };
  const signal = new AbortController().signal;
  expect(await services.recipients(delivery, signal)).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining('SNS for +15550101: Throttling'),
  });
  busy = false;
  expect(await services.recipients(delivery, signal)).toEqual({ kind: 'accepted' });
  expect(arrivedForms().map(({ PhoneNumber }) => PhoneNumber)).toEqual([
    '+15550100',
    '+15550101',
    '+15550101',
  ]);
  expect(printed).toHaveLength(1);
});

const metric: Destination = { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: false };

test.each([
  ['ThrottlingException', 400, 'failed'],
  ['InternalServiceFault', 500, 'failed'],
  ['ExpiredTokenException', 403, 'failed'],
  ['InvalidParameterValueException', 400, 'refused'],
  ['ValidationException', 400, 'refused'],
])('%s (%d) is %s', async (type, status, kind) => {
  aws.respondWith([awsError(type, 'because.', status)]);
  expect(await send(metric)).toMatchObject({ kind, error: `CloudWatch: ${type}: because.` });
  expect(arrived()).toHaveLength(1);
});

test('what is not allowed says what to do, and may be allowed later', async () => {
  aws.respondWith([awsError('AccessDeniedException', 'User: u is not authorized to perform: p', 403)]);
  expect(await send(metric)).toEqual({
    kind: 'failed',
    error:
      'CloudWatch: AccessDeniedException: User: u is not authorized to perform: p (allow this to the role or user that the monitor runs as)',
    afterMs: null,
  });
});

test('a signature error does not tell the request', async () => {
  const message = 'The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:s3cr3t';
  aws.respondWith([awsError('InvalidSignatureException', message, 403)]);
  expect(await send(metric)).toMatchObject({
    error: 'CloudWatch: InvalidSignatureException: The signature does not match.',
  });
});

test('a service that is silent or away may answer later', async () => {
  aws.respondWith([{ delayMs: 60_000 }]);
  expect(await sender(metric, hastyClock)()).toMatchObject({
    kind: 'failed',
    error: 'CloudWatch did not answer within 10 s',
  });
  aws.respondWith([{ reset: true }]);
  expect(await send(metric)).toMatchObject({
    kind: 'failed',
    error: expect.stringMatching(/^CloudWatch: .+/),
  });
});

test('a stop ends a call under way', async () => {
  aws.respondWith([{ delayMs: 60_000 }]);
  const stop = new AbortController();
  const outcome = sender(metric)({}, stop.signal);
  await aws.waitFor(seen + 1);
  stop.abort();
  expect(await outcome).toMatchObject({ kind: 'failed', error: 'stopped before CloudWatch answered' });
});
