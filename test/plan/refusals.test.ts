import { expect, test } from '@jest/globals';
import { plan } from '../../lib/plan/plan.ts';
import { refusals } from '../../lib/plan/refusals.ts';
import { targetOf } from '../support/endpoints.ts';
import { webhookTo } from '../support/example-transition.ts';
import { configOf, many, NO_LIMITS } from './configs.ts';

const withWebhooks = (count: number) => {
  const targets = Array.from({ length: count }, (_, n) =>
    targetOf(`hook-${n}`, { source: `hooks.yml:${n + 3}` }, webhookTo(`https://example.com/${n}`)),
  );
  return configOf(many(1, 60_000, { targets: targets.map(({ name }) => name) }), targets);
};
const refused = (webhooks: number, jobsets: number) =>
  refusals(withWebhooks(webhooks), { region: null, alarmTopicArn: null, jobsets });

test('schedules and destinations share the resources of a stack', () => {
  expect(refused(100, 198)).toEqual([]);
  expect(refused(198, 100)).toEqual([
    {
      source: expect.stringMatching(/^hooks\.yml:\d+$/),
      message: expect.stringMatching(
        /^the target "hook-\d+" is the first that needs more than 350 resources of AWS for destinations: a stack has 500, of which 100 are schedules and 0 alarms on endpoints$/,
      ),
      fix: 'Let endpoints share targets and recipients a topic, or make two deployments: -c stage and -c endpoints',
    },
  ]);
  expect(refused(1, 450)).toHaveLength(1);
  expect(refused(1, 451)).toMatchObject([{ source: null, message: expect.stringMatching(/^451 jobsets /) }]);
});

test('alarms on endpoints count as long as they stand in the same stack', () => {
  const metric = targetOf(
    'metric',
    {},
    { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: true },
  );
  const problems = (alarms: number) =>
    refusals(configOf(many(alarms, 60_000, { targets: ['metric'] }), [metric]), {
      region: null,
      alarmTopicArn: null,
      jobsets: 400,
    });
  expect(problems(50)).toEqual([]);
  expect(problems(51)).toMatchObject([{ source: null }]);
  expect(problems(101)).toEqual([]);
});

test('a plan tells what a deployment would refuse', () => {
  const target = targetOf(
    'local',
    { source: 'shop.yml:3' },
    { kind: 'run', command: ['true'], timeoutMs: 1 },
  );
  expect(plan(configOf(many(1, 60_000, { targets: ['local'] }), [target]), NO_LIMITS).problems).toEqual([
    {
      source: 'shop.yml:3',
      message: 'the target "local" runs a command, and a Lambda has nothing to run',
      fix: 'Put it into a function and use post_service: aws-lambda',
    },
  ]);
});
