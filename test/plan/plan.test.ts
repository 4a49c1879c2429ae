import { expect, test } from '@jest/globals';
import { endpointCosts } from '../../lib/plan/endpoint-costs.ts';
import { plan } from '../../lib/plan/plan.ts';
import { endpointOf, targetOf } from '../support/endpoints.ts';
import { configOf, every, httpOf, many, NO_LIMITS } from './configs.ts';

const FREE_TIER = { ...NO_LIMITS, freeTier: true };
const tenAMinute = configOf(many(10, 60_000, { scheme: 'https' }));
const thousandASecond = configOf(many(1000, 1000));

test('ten endpoints at 60 s cost less than a dollar a month where the free tiers are left to them', () => {
  const { jobsets, memoryMb, costs } = plan(tenAMinute, FREE_TIER);
  expect([jobsets.map(({ id }) => id), memoryMb]).toEqual([['burst-0'], 256]);
  expect(costs.totalUsd).toBeLessThan(1);
  expect(costs.byService).toMatchObject({ lambda: 0, scheduler: 0, cloudwatch: 0 });
});

test('without free tiers they cost the dashboard, nine alarms, a metric and its calls, and some cents', () => {
  const { costs } = plan(tenAMinute, NO_LIMITS);
  expect(costs.byService.cloudwatch).toBeCloseTo(3 + 9 * 0.1 + 0.3 + 43_200 * 0.00001, 2);
  expect(costs.totalUsd - (costs.byService.cloudwatch ?? 0)).toBeLessThan(0.45);
});

test('without free tiers they cost less than $5', () => {
  expect(plan(tenAMinute, NO_LIMITS).costs.totalUsd).toBeLessThan(5);
});

test('1,000 http endpoints at 1 s cost less than $100 a month, by one ten-thousandth of canaries', () => {
  const { costs, syntheticsUsd, checksPerSecond, checksAMonth } = plan(thousandASecond, NO_LIMITS);
  expect(checksPerSecond).toBeCloseTo(1000);
  expect(checksAMonth).toBeCloseTo(1000 * 2_592_000);
  expect(costs.totalUsd).toBeLessThan(100);
  expect(costs.totalUsd).toBeLessThan(syntheticsUsd / 10_000);
});

test('a loop is paid for around the clock, at the memory that all its kind get', () => {
  const { jobsets, memoryMb, costs } = plan(thousandASecond, NO_LIMITS);
  const gbSeconds = jobsets.length * (memoryMb / 1024) * 2_592_000;
  expect(costs.byService.lambda).toBeGreaterThan(gbSeconds * 0.0000133334);
  expect(costs.byService.lambda).toBeLessThan(1.02 * gbSeconds * 0.0000133334);
});

test('memory grows where one endpoint needs it, and fewer jobsets do then', () => {
  const heavy = endpointOf('big', {
    schedule: every(1000),
    check: httpOf('http', { maxBodyBytes: 150 * 1024 * 1024 }),
  });
  const { memoryMb, problems } = plan(configOf([...many(100, 1000), heavy]), NO_LIMITS);
  expect(memoryMb).toBe(1024);
  expect(problems).toEqual([]);
});

test('10,000 endpoints are planned in a few seconds', () => {
  const { jobsets, problems } = plan(configOf(many(10_000, 1000)), NO_LIMITS);
  expect(problems).toEqual([]);
  expect(jobsets.length).toBeLessThan(40);
});

test('metrics and alarms of single endpoints cost what CloudWatch asks for them', () => {
  const quick = targetOf('quick', {}, { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 1, alarm: true });
  const slow = targetOf('slow', {}, { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: true });
  const planned = (everyMs: number, targets: readonly string[]) =>
    plan(configOf(many(10, everyMs, { scheme: 'https', targets }), [quick, slow]), NO_LIMITS);
  const dearerBy = (everyMs: number, name: string): number =>
    (planned(everyMs, [name]).costs.byService.cloudwatch ?? 0) -
    (planned(everyMs, []).costs.byService.cloudwatch ?? 0);
  // A call a minute for their namespace, and one for each transition.
  const callsUsd = (43_200 + 100) * 0.00001;
  expect(dearerBy(60_000, 'slow')).toBeCloseTo(10 * (3 * 0.3 + 0.1) + callsUsd, 6);
  // Kept by the second, ten endpoints make 1,800 data a minute: two calls.
  const secondCallUsd = 43_200 * 0.00001;
  expect(dearerBy(1000, 'quick')).toBeCloseTo(10 * (3 * 0.3 + 0.3) + callsUsd + secondCallUsd, 6);
  // A burst's alarms look once a minute.
  expect(dearerBy(60_000, 'quick')).toBeCloseTo(10 * (3 * 0.3 + 0.1) + callsUsd + secondCallUsd, 6);
  expect(planned(60_000, ['slow']).endpointAlarms).toBe(10);
});

test('a burst reads its secrets every 10 minutes, a loop with each new worker', () => {
  const readsUsd = (everyMs: number): number => {
    const check = httpOf('https', { bearerSecret: 'shop-token' });
    const shop = endpointOf('shop', { schedule: every(everyMs), check });
    return plan(configOf([shop]), NO_LIMITS).costs.byService.secrets_manager ?? 0;
  };
  expect(readsUsd(60_000)).toBeCloseTo(0.4 + 4320 * 0.000005, 6);
  expect(readsUsd(1000)).toBeCloseTo(0.4 + (43_200 / 13) * 0.000005, 6);
});

test('what single endpoints cost adds up to the whole', () => {
  const metric = targetOf(
    'metric',
    {},
    { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 60, alarm: true },
  );
  const [dear, ...others] = many(50, 1000, { targets: ['metric'] });
  const config = configOf(
    [...others.map(one => ({ ...one, targets: [] })), ...(dear ? [dear] : []), ...many(0, 1000)],
    [metric],
  );
  const planned = plan(config, NO_LIMITS);
  const costs = endpointCosts(config, planned);
  const sum = costs.reduce((total, { monthlyUsd }) => total + monthlyUsd, 0);
  expect(costs[0]?.endpoint.id).toBe(dear?.id);
  expect(sum / planned.costs.totalUsd).toBeCloseTo(1, 3);
});

test('a config without endpoints costs what stands there anyway', () => {
  const { jobsets, costs, problems } = plan(configOf([]), NO_LIMITS);
  expect([jobsets, problems]).toEqual([[], []]);
  expect(costs.totalUsd).toBeGreaterThan(4);
});
