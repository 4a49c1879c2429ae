import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fewValues, MOST_VALUES, mergeValues } from '../../lib/aws/metric-values.ts';
import type { Metric } from '../../lib/domain/metric.ts';

type Values = Metric['values'];

const count = (values: Values) => values.reduce((sum, [, times]) => sum + times, 0);
const sum = (values: Values) => values.reduce((total, [value, times]) => total + value * times, 0);
const anyValues = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 1e6 })),
  {
    selector: ([value]) => value,
    maxLength: 400,
  },
);

test('too many values become fewer, and neither their count nor their sum changes', () => {
  fc.assert(
    fc.property(anyValues, values => {
      const few = fewValues(values);
      expect(few.length).toBe(Math.min(values.length, MOST_VALUES));
      expect(count(few)).toBe(count(values));
      expect(sum(few) / (sum(values) || 1)).toBeCloseTo(sum(values) === 0 ? 0 : 1, 9);
    }),
  );
});

test('the nearest become one: the far ones stay as they are', () => {
  const near = Array.from({ length: MOST_VALUES }, (_, n) => [n, 2] as const);
  const few = fewValues([...near, [1000, 1], [5000, 1]]);
  expect(few).toHaveLength(MOST_VALUES);
  expect(few.slice(-2)).toEqual([
    [1000, 1],
    [5000, 1],
  ]);
});

test('two periods become one with each value once', () => {
  const merged = mergeValues(
    [
      [1, 2],
      [2, 3],
    ],
    [
      [2, 4],
      [3, 1],
    ],
  );
  expect(merged).toEqual([
    [1, 2],
    [2, 7],
    [3, 1],
  ]);
});
