import { expect, test } from '@jest/globals';
import type { Destination } from '../../../lib/domain/target.ts';
import type { Transition } from '../../../lib/domain/transition.ts';
import { printSenders } from '../../../lib/local/targets/print.ts';
import { sendTo } from './example-send.ts';

const printed = async (to: Destination, changes: Partial<Transition> = {}) => {
  const lines: string[] = [];
  const outcome = await sendTo(to, { services: printSenders(line => lines.push(line)) })(changes);
  expect(outcome).toEqual({ kind: 'accepted' });
  return lines;
};

test('people', async () => {
  expect(await printed({ kind: 'recipients', recipients: ['ops@example.com', '+15550100'] })).toEqual([
    'target "ops" would send to ops@example.com, +15550100: FAIL shop.example.com/health (shop): status 503, expected 200 to 399 Since 2026-09-21 14:13:20 UTC, was ok for 2h 5m. Runbook: https://runbooks.example.com/shop',
  ]);
});

test.each<[Destination, RegExp]>([
  [{ kind: 'sns', topicArn: 'arn:t' }, /^target "ops" would publish to arn:t: FAIL shop/],
  [{ kind: 'sqs', queueUrl: 'https://q' }, /would send to https:\/\/q: \{"id":"shop-example-com-health#7"/],
  [{ kind: 'lambda', functionArn: 'arn:f' }, /would invoke arn:f with \{"id":"shop-example-com-health#7"/],
  [
    {
      kind: 'eventbridge',
      eventBus: null,
      source: 's',
      detailType: 't',
      detail: { a: '{state}' },
      resources: [],
    },
    /would put on the event bus of the monitor: "t" from s \{"a":"fail"\}$/,
  ],
  [
    { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: false },
    /would put in Shop \{"Endpoint":"shop-example-com-health"\}: State 0, Transitions 1$/,
  ],
])('what would be sent: %j', async (to, line) => {
  expect(await printed(to)).toEqual([expect.stringMatching(line)]);
});

test('an answer cannot steer the terminal', async () => {
  const [line] = await printed({ kind: 'sns', topicArn: 'arn:t' }, { error: '\x1b[2J\x9b31mgone\r' });
  expect(line).toContain(String.raw`FAIL shop.example.com/health (shop): \u001b[2J\u009b31mgone Since`);
});
