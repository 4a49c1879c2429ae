import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Config } from '../../../lib/domain/config.ts';
import type { Metric } from '../../../lib/domain/metric.ts';
import type { Destination } from '../../../lib/domain/target.ts';
import type { State, Transition } from '../../../lib/domain/transition.ts';
import type { Vitals } from '../../../lib/domain/vitals.ts';
import type { CheckReport } from '../../../lib/engine/events/observer.ts';
import { createMeter } from '../../../lib/engine/measures/meter.ts';
import type { Outcome } from '../../../lib/engine/ports/send.ts';
import { endpointOf, failure, success, targetName, targetOf } from '../../support/endpoints.ts';
import { exampleTransition } from '../../support/example-transition.ts';

const MINUTE = 60_000;
const T0 = 29_833_333 * MINUTE;

const cloudwatch = (namespace: string, resolutionS: 1 | 60 = 60): Destination => ({
  kind: 'cloudwatch',
  namespace,
  resolutionS,
  alarm: false,
});

const plain = endpointOf('plain');
const shop = endpointOf('shop', { targets: [targetName('metric')] });
const fine = endpointOf('fine', { targets: [targetName('fine'), targetName('metric')] });
const coarse: Config = { endpoints: [plain, shop], targets: [targetOf('metric', {}, cloudwatch('Shop'))] };
const precise: Config = {
  endpoints: [plain, shop, fine],
  targets: [...coarse.targets, targetOf('fine', {}, cloudwatch('Shop', 1))],
};

const healthy: Vitals = {
  invalidFiles: [],
  latenessMs: 0,
  missedTicks: 0,
  scalingLimitHit: false,
  endpoints: 50_000,
  endpointsFit: 50_000,
  targetFailures: 0,
  storeFailures: 0,
};

const metered = (config: Config = coarse) => {
  let vitals = healthy;
  let state: State = 'unknown';
  const meter = createMeter({ stage: 'prod', config, vitals: () => vitals, state: () => state });
  return {
    ...meter,
    become: (changes: Partial<Vitals>) => {
      vitals = { ...vitals, ...changes };
    },
    enter: (entered: State) => {
      state = entered;
    },
    check: (
      endpoint: CheckReport['endpoint'],
      atMs: number,
      lateMs = 0,
      result: CheckReport['result'] = success,
    ) => meter.observer.onCheck({ endpoint, atMs, lateMs, result }),
  };
};

const samples = (metrics: readonly Metric[]): number =>
  metrics.flatMap(({ values }) => values).reduce((sum, [, count]) => sum + count, 0);
const named = (metrics: readonly Metric[], name: string) => metrics.filter(metric => metric.name === name);
const own = { namespace: 'Peregrine', dimensions: { Stage: 'prod' }, resolutionS: 60 };

test('each check is one sample of its minute’s lateness', () => {
  const { check, collect } = metered();
  for (const lateMs of [0, 0, 0.1, 250]) check(plain, T0 + 1000, lateMs);
  check(plain, T0 + MINUTE);
  expect(collect(T0 + MINUTE + 500)).toEqual([
    {
      ...own,
      name: 'LatenessMs',
      unit: 'Milliseconds',
      atMs: T0,
      values: [
        [expect.closeTo(0.03, 2), 2],
        [expect.closeTo(0.1, 1), 1],
        [expect.closeTo(250, -1), 1],
      ],
    },
  ]);
  expect(collect(T0 + 2 * MINUTE)).toMatchObject([{ name: 'LatenessMs', atMs: T0 + MINUTE }]);
  expect(collect(T0 + 3 * MINUTE)).toEqual([]);
});

test('a minute that is not over is collected at the end only', () => {
  const { check, collect } = metered();
  check(plain, T0 + 1000);
  expect(collect(T0 + 2000)).toEqual([]);
  expect(collect(T0 + 2000, true)).toMatchObject([{ name: 'LatenessMs', atMs: T0 }]);
  expect(collect(T0 + 2000, true)).toEqual([]);
});

test('no check is left out of the count, whenever it is collected and however the clock is set', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: -90_000, max: 90_000 }), fc.boolean())), steps => {
      const { check, collect } = metered(precise);
      const collected: Metric[] = [];
      let nowMs = T0;
      for (const [ms, collects] of steps) {
        nowMs += ms;
        check(fine, nowMs, 1, ms % 2 === 0 ? success : failure);
        if (collects) collected.push(...collect(nowMs));
      }
      collected.push(...collect(nowMs, true));
      for (const name of ['LatenessMs', 'Up', 'LatencyMs'])
        expect(samples(named(collected, name))).toBe(steps.length);
    }),
  );
});

test('transitions and problems are counted, a delivery that fails from its third attempt on, and nothing is told of none', () => {
  const { observer, collect, check } = metered();
  const transition = (kind: Transition['kind']) => observer.onTransition(exampleTransition({ kind }));
  const delivery = (outcome: Outcome, attempt = 1) =>
    observer.onDelivery({ transition: exampleTransition(), target: 'ops', outcome, attempt });
  observer.onProblem('before the first check');
  check(plain, T0);
  for (const kind of ['fail', 'ok', 'reminder'] as const) transition(kind);
  delivery({ kind: 'accepted' });
  for (const attempt of [1, 2, 3]) delivery({ kind: 'failed', error: 'e', afterMs: null }, attempt);
  delivery({ kind: 'refused', error: 'e' });
  expect(collect(T0 + MINUTE)).toMatchObject([
    { name: 'LatenessMs' },
    { ...own, name: 'Transitions', unit: 'Count', atMs: T0, values: [[2, 1]] },
    { ...own, name: 'Problems', unit: 'Count', atMs: T0, values: [[3, 1]] },
  ]);
  check(plain, T0 + MINUTE);
  expect(collect(T0 + 2 * MINUTE)).toMatchObject([{ name: 'LatenessMs' }]);
});

test('of the monitor’s counts only the growth is told, also when they begin anew', () => {
  const { become, collect } = metered();
  become({ missedTicks: 5, storeFailures: 2, scalingLimitHit: true, invalidFiles: ['a.yml', 'b.yml'] });
  expect(collect(T0 + 500)).toMatchObject([
    { name: 'MissedTicks', values: [[5, 1]], atMs: T0 + 500 },
    { name: 'ScalingLimitHit', values: [[1, 1]] },
    { name: 'InvalidFiles', values: [[2, 1]] },
  ]);
  become({ scalingLimitHit: false, invalidFiles: [] });
  expect(collect(T0 + MINUTE)).toMatchObject([{ name: 'Problems', values: [[2, 1]], atMs: T0 }]);
  become({ missedTicks: 3 });
  expect(collect(T0 + 2 * MINUTE)).toMatchObject([{ name: 'MissedTicks', values: [[3, 1]] }]);
});

test('an endpoint with a CloudWatch target has metrics of its own, the others have none', () => {
  const { check, collect, enter } = metered();
  check(shop, T0);
  check(shop, T0 + 1000, 0, failure);
  check(shop, T0 + 2000);
  check(plain, T0);
  enter('ok');
  const of = { namespace: 'Shop', dimensions: { Endpoint: 'shop' }, resolutionS: 60 };
  const metrics = collect(T0 + MINUTE);
  expect(metrics.filter(({ namespace }) => namespace === 'Shop')).toEqual([
    {
      ...of,
      name: 'Up',
      unit: 'None',
      atMs: T0,
      values: [
        [1, 2],
        [0, 1],
      ],
    },
    { ...of, name: 'LatencyMs', unit: 'Milliseconds', atMs: T0, values: [[expect.closeTo(1, 1), 3]] },
    { ...of, name: 'State', unit: 'None', atMs: T0 + MINUTE, values: [[1, 1]] },
  ]);
  enter('fail');
  expect(named(collect(T0 + 2 * MINUTE), 'State')).toMatchObject([{ values: [[0, 1]] }]);
  enter('unknown');
  expect(collect(T0 + 3 * MINUTE)).toEqual([]);
});

test('metrics by the second where somebody wants them, once a namespace', () => {
  const { check, collect } = metered(precise);
  check(fine, T0 + 100);
  check(fine, T0 + 900);
  check(fine, T0 + 1100);
  const metrics = collect(T0 + 2000);
  expect(named(metrics, 'Up')).toMatchObject([
    { dimensions: { Endpoint: 'fine' }, resolutionS: 1, atMs: T0, values: [[1, 2]] },
    { dimensions: { Endpoint: 'fine' }, resolutionS: 1, atMs: T0 + 1000, values: [[1, 1]] },
  ]);
  expect(named(metrics, 'LatenessMs')).toEqual([]);
});

test('it is to be collected just after each minute, or each 10 s where somebody wants it finer', () => {
  expect(metered().nextAtMs(T0)).toBe(T0 + 500);
  expect(metered().nextAtMs(T0 + 500)).toBe(T0 + MINUTE + 500);
  expect(metered(precise).nextAtMs(T0 + 500)).toBe(T0 + 10_500);
});

test('what nobody collects is bounded, and still counted', () => {
  const { check, collect } = metered(precise);
  for (let second = 0; second < 12_000; second++) check(fine, T0 + second * 1000);
  const metrics = collect(T0 + 12_000_000, true);
  expect(metrics.length).toBeLessThan(20_010);
  expect(samples(named(metrics, 'Up'))).toBe(12_000);
  expect(samples(named(metrics, 'LatenessMs'))).toBe(12_000);
});
