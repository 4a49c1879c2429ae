import { expect, test } from '@jest/globals';
import type { Target } from '../../lib/domain/target.ts';
import { plan } from '../../lib/plan/plan.ts';
import { endpointOf, targetOf } from '../support/endpoints.ts';
import { webhookTo } from '../support/example-transition.ts';
import { configOf, every, httpOf, many, NO_LIMITS } from './configs.ts';

const problemsOf = (config: Parameters<typeof plan>[0], limits = {}) =>
  plan(config, { ...NO_LIMITS, ...limits }).problems;

const webhooks = (count: number, given: Partial<Target> = {}): readonly Target[] =>
  Array.from({ length: count }, (_, n) =>
    targetOf(
      `hook-${n}`,
      { source: `hooks.yml:${n + 3}`, maxPerSecond: 10, ...given },
      webhookTo(`https://example.com/${n}`),
    ),
  );
const naming = (targets: readonly Target[]) =>
  configOf(many(1, 60_000, { targets: targets.map(({ name }) => name) }), targets);

const exec = endpointOf('firewall', {
  source: 'shop.yml:14',
  schedule: every(5),
  check: {
    scheme: 'exec',
    command: { kind: 'program', program: 'true', arguments: [] },
    interruptAfterMs: 1000,
    killAfterMs: 2000,
  },
});
const large = endpointOf('big', {
  source: 'shop.yml:20',
  schedule: every(1000),
  check: httpOf('http', { maxBodyBytes: 4 * 1024 ** 3 }),
});

test('what fits has no problem', () => {
  expect(problemsOf(naming(webhooks(3)))).toEqual([]);
});

test('endpoints that no worker can run are named with their place, and what to change', () => {
  expect(problemsOf(configOf([exec, large]))).toEqual([
    {
      source: 'shop.yml:14',
      message:
        '"firewall" is too heavy for any worker: at worst it needs 80% of a vCPU, of which 60% may be used',
      fix: 'Check it less often: a longer interval and interval_fail',
    },
    {
      source: 'shop.yml:20',
      message:
        '"big" is too heavy for any worker: its answers may take 8193 MB, a worker has 1709 MB for them',
      fix: 'Write a smaller max_body_bytes',
    },
  ]);
});

test('more workers than are allowed, more than an account runs at once', () => {
  expect(problemsOf(configOf(many(1000, 1000)), { maxWorkers: 1 })).toMatchObject([
    { source: null, message: 'the endpoints need 2 workers, the most allowed is 1' },
  ]);
  expect(problemsOf(configOf(many(1000, 1000)), { maxWorkers: 2 })).toEqual([]);
});

test('an amount over the budget', () => {
  const config = configOf(many(10, 60_000));
  expect(problemsOf(config, { maxMonthlyUsd: 6 })).toEqual([]);
  expect(problemsOf(config, { maxMonthlyUsd: 2 })).toMatchObject([
    {
      source: null,
      message: expect.stringMatching(/^this would cost \$4\.\d\d a month, and the budget is \$2\.00$/),
    },
  ]);
});

test('more destinations than a bus has rules; targets that share one count once, those that nobody names not at all', () => {
  const targets = webhooks(281);
  expect(problemsOf(naming(targets))).toContainEqual(
    expect.objectContaining({
      message: 'the targets have 281 different destinations, and a bus has rules for 280',
    }),
  );
  const alike = targets.map(target => ({ ...target, to: webhookTo('https://example.com/1') }));
  expect(problemsOf(naming(alike))).toEqual([]);
  expect(problemsOf(configOf(many(1, 60_000), targets))).toEqual([]);
});

test('a check that takes longer than a worker lives', () => {
  const slow = (timeoutMs: number) => endpointOf('slow', { source: 'shop.yml:7', timeoutMs });
  expect(problemsOf(configOf([slow(20 * 60_000)]))).toEqual([
    {
      source: 'shop.yml:7',
      message: 'a check of "slow" may take 20 minutes, a worker of AWS lives 13',
      fix: 'Write a timeout of 9m or less',
    },
  ]);
  expect(problemsOf(configOf([slow(9 * 60_000)]))).toEqual([]);
});

test('a rate that no API destination takes', () => {
  expect(problemsOf(naming(webhooks(1, { maxPerSecond: 301 })))).toEqual([
    {
      source: 'hooks.yml:3',
      message: 'max_per_second of "hook-0" is 301, an API destination takes 300',
      fix: 'Write 300 or less',
    },
  ]);
});

test('more alarms than a region has', () => {
  const target = targetOf(
    'metric',
    {},
    { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: true },
  );
  expect(problemsOf(configOf(many(4901, 60_000, { targets: ['metric'] }), [target]))).toMatchObject([
    { source: null, message: '4901 endpoints have an alarm, and a region has 4900 to give' },
  ]);
});
