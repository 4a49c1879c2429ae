import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addWaits, intervalErrors } from './arithmetic/omission.ts';
import { percentile, percentilesOf } from './arithmetic/percentile.ts';
import { ratioOf, spreadOf } from './arithmetic/spread.ts';

test('a percentile is the value at its nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
  expect([0, 0.5, 0.99, 0.999, 1].map(ratio => percentile(hundred, ratio))).toEqual([1, 50, 99, 100, 100]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNull();
});

test('percentiles do not depend on the order, and numbers are not sorted as text', () => {
  expect(percentilesOf([10, 9, 100, 1])).toEqual({ p50: 9, p99: 100, max: 100 });
  expect(percentilesOf([])).toBeNull();
});

test('a percentile is one of the values, with at least its part of them at or below it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (values, ratio) => {
        const ascending = Float64Array.from(values).sort();
        const found = percentile(ascending, ratio) ?? Number.NaN;
        expect(ascending).toContain(found);
        expect(ascending.filter(value => value <= found).length).toBeGreaterThanOrEqual(
          values.length * ratio - 1e-9,
        );
      },
    ),
  );
});

test('a spread is the median between the least and the most', () => {
  expect(spreadOf([30, 1, 200])).toEqual({ median: 30, min: 1, max: 200 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([])).toBeNull();
});

test('a ratio compares round by round: a slow machine slows both', () => {
  // The second round was three times slower for both.
  expect(ratioOf([20, 60, 22], [10, 30, 10])).toEqual({ median: 2, min: 2, max: 2.2 });
  expect(ratioOf([20], [0])).toBeNull();
  expect(ratioOf([20, 30], [10])).toEqual({ median: 2, min: 2, max: 2 });
});

const waits = (lastDueMs: number, dueMs: number, everyMs: number, doneMs: number): readonly number[] => {
  const waited: number[] = [];
  addWaits({ lastDueMs, dueMs, everyMs }, doneMs, ms => waited.push(ms));
  return waited;
};

test('a check on time waits for its own instant only', () => {
  expect(waits(1000, 1100, 100, 1102)).toEqual([2]);
  expect(waits(1000, 1000, 100, 1002)).toEqual([2]);
});

test('the instants that a stall missed wait too, until the next check is done', () => {
  expect(waits(1000, 1400, 100, 1410)).toEqual([10, 110, 210, 310]);
});

test('a second of standing still is seen in the p99, though only one check was late', () => {
  const spansMs: number[] = [];
  let lastDueMs = 0;
  for (let dueMs = 100; dueMs <= 100_000; dueMs += 100) {
    if (dueMs > 50_000 && dueMs < 52_000) continue;
    const doneMs = dueMs + 1;
    addWaits({ lastDueMs, dueMs, everyMs: 100 }, doneMs, ms => spansMs.push(ms));
    lastDueMs = dueMs;
  }
  expect(spansMs.length).toBe(1000);
  expect(percentilesOf(spansMs)).toEqual({ p50: 1, p99: 901, max: 1901 });
});

test('grids of fractions of a millisecond are counted right', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 500 }), (tenths, ticks) => {
      const everyMs = tenths / 10;
      const lastDueMs = 1_790_000_000_000.25;
      const waited = waits(lastDueMs, lastDueMs + ticks * everyMs, everyMs, lastDueMs + ticks * everyMs);
      expect(waited.length).toBe(ticks);
    }),
  );
});

test('seen from outside, the error is how far a gap is from the interval', () => {
  const { errorsMs, missing } = intervalErrors([0, 100, 198, 303], 100);
  expect(errorsMs).toEqual([0, 2, 5]);
  expect(missing).toBe(0);
});

test('a gap of several intervals stands for the arrivals that are missing in it', () => {
  const { errorsMs, missing } = intervalErrors([0, 100, 500], 100);
  expect(errorsMs).toEqual([0, 300, 200, 100]);
  expect(missing).toBe(3);
});

test('one arrival has no gap', () => {
  expect(intervalErrors([5], 100)).toEqual({ errorsMs: [], missing: 0 });
});
