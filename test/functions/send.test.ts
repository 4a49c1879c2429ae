import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createSend } from '../../functions/send.ts';
import { createPublisher } from '../../lib/aws/publish.ts';
import { cloudWatchSender } from '../../lib/aws/send-cloudwatch.ts';
import { channelId, isChannelDestination } from '../../lib/domain/channel.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Destination } from '../../lib/domain/target.ts';
import type { Transition } from '../../lib/domain/transition.ts';
import { externalTransition } from '../../lib/wording/external.ts';
import { exampleTarget, exampleTransition, webhookTo } from '../support/example-transition.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

let aws: WebhookReceiver;
let seen = 0;

beforeAll(async () => {
  aws = await startWebhookReceiver();
  aws.respondWith(({ body }) => {
    const { Entries = [] } = JSON.parse(body) as { Entries?: readonly unknown[] };
    return {
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) }),
    };
  });
});
beforeEach(() => {
  seen = aws.requests.length;
});
afterAll(() => aws.close());

const send = (to: Destination, changes: Partial<Transition> = {}) => {
  const config = {
    endpoint: aws.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const deps = { config, clock: systemClock };
  return createSend({
    region: 'eu-west-1',
    targetNamed: name => (name === 'ops' ? exampleTarget(to) : undefined),
    publish: createPublisher({ ...deps, own: { bus: 'peregrine-prod', source: 'peregrine.prod' } }),
    putMetrics: cloudWatchSender(deps),
  })('ops', exampleTransition(changes), new AbortController().signal);
};

const arrived = () => aws.requests.slice(seen).map(({ body }) => JSON.parse(body));
const channel = (to: Destination): string =>
  isChannelDestination(to) ? channelId(to, exampleTarget(to)) : 'no channel';

const topicArn = 'arn:aws:sns:eu-west-1:123456789012:ops';
const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:ops';
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/ops.fifo';
const external = externalTransition(exampleTransition());
const message = {
  subject: 'FAIL shop.example.com/health (shop)',
  text: expect.stringMatching(/^FAIL shop\.example\.com\/health \(shop\): status 503/),
};

test.each<[Destination, object]>([
  [
    webhookTo('https://example.com/hook', { headers: { 'X-Team': '{label.team}' }, body: { s: '{state}' } }),
    {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'peregrine',
        'idempotency-key': 'shop-example-com-health#7',
        'x-team': 'payments',
      },
      body: { s: 'fail' },
    },
  ],
  [{ kind: 'sns', topicArn }, message],
  [{ kind: 'recipients', recipients: ['ops@example.com'] }, message],
  [{ kind: 'lambda', functionArn }, { payload: external }],
  [
    { kind: 'sqs', queueUrl },
    { body: external, group: 'shop-example-com-health' },
  ],
])('the bus gets what the channel is to send: %j', async (to, body) => {
  expect(await send(to)).toEqual({ kind: 'accepted' });
  const [{ Entries }] = arrived();
  expect(Entries).toMatchObject([
    { EventBusName: 'peregrine-prod', Source: 'peregrine.prod', DetailType: 'Peregrine Transition' },
  ]);
  expect(JSON.parse(Entries[0].Detail)).toEqual({
    transition: external,
    deliveries: { [channel(to)]: { to: channel(to), ...body } },
  });
});

test('a group is short enough for a queue, however long the endpoint’s id', async () => {
  const ruleId = 'x'.repeat(200) as Transition['ruleId'];
  const to: Destination = { kind: 'sqs', queueUrl };
  await send(to, { ruleId });
  const { deliveries } = JSON.parse(arrived()[0].Entries[0].Detail);
  expect(deliveries[channel(to)].group).toMatch(/^[0-9a-f]{64}$/);
});

test('an event goes to the user’s bus as the user wants it', async () => {
  const to: Destination = {
    kind: 'eventbridge',
    eventBus: null,
    source: 'shop/health',
    detailType: 'type1',
    detail: { region: '{region}' },
    resources: ['health'],
  };
  expect(await send(to)).toEqual({ kind: 'accepted' });
  expect(arrived()).toMatchObject([
    {
      Entries: [
        {
          EventBusName: 'peregrine-prod',
          Source: 'shop/health',
          DetailType: 'type1',
          Detail: '{"region":"eu-west-1"}',
          Resources: ['health'],
        },
      ],
    },
  ]);
});

test('metrics are put at once', async () => {
  expect(await send({ kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: true })).toEqual({
    kind: 'accepted',
  });
  expect(arrived()).toMatchObject([
    { Namespace: 'Shop', MetricData: [{ MetricName: 'State', Value: 0 }, {}] },
  ]);
});

test('a command is refused with advice', async () => {
  expect(await send({ kind: 'run', command: ['/bin/true'], timeoutMs: 1000 })).toEqual({
    kind: 'refused',
    error:
      'run works on one machine only: a Lambda has nothing to run. Put the command into a function and use post_service: aws-lambda',
  });
  expect(arrived()).toEqual([]);
});

test('a target that no file defines any more is refused', async () => {
  const { signal } = new AbortController();
  const never = async () => ({ kind: 'accepted' }) as const;
  const orphaned = createSend({
    region: null,
    targetNamed: () => undefined,
    publish: never,
    putMetrics: never,
  });
  expect(await orphaned('gone', exampleTransition(), signal)).toEqual({
    kind: 'refused',
    error: 'no file defines the target "gone" any more',
  });
});
