import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { percentileMs } from '../../../lib/engine/measures/buckets.ts';
import { countsOf, createHistogram, type Histogram, record } from '../../../lib/engine/measures/histogram.ts';

const percentile = (histogram: Histogram, ratio: number) =>
  percentileMs(countsOf(histogram, 'latency'), ratio);

test('percentiles are within 3.2% or a sixteenth of a millisecond of the exact ones', () => {
  const spans = fc.array(fc.double({ min: 0, max: 130_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(spans, fc.constantFrom(0.5, 0.95, 0.99, 1), (values, ratio) => {
      const histogram = createHistogram();
      for (const value of values) record(histogram, value, value + 10);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(values.length * ratio) - 1] as number;
      const found = percentile(histogram, ratio) as number;
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(0.0626, exact * 0.032));
    }),
  );
});

test('without records there is no percentile', () => {
  expect(percentile(createHistogram(), 0.5)).toBeNull();
});

test('what is longer than the last bucket counts as its longest', () => {
  const histogram = createHistogram();
  record(histogram, 10 ** 9, 10 ** 9);
  expect(percentile(histogram, 1)).toBeGreaterThan(120_000);
});

test('percentiles follow the recent past: older records weigh less and less', () => {
  const histogram = createHistogram(100);
  for (let n = 0; n < 1000; n++) record(histogram, 500, 500);
  for (let n = 0; n < 300; n++) record(histogram, 1, 1);
  expect(percentile(histogram, 0.8)).toBeLessThan(2);
});

test('of a bucket that has very many, each is counted', () => {
  const histogram = createHistogram();
  for (let n = 0; n < 300; n++) record(histogram, 2, 2);
  for (let n = 0; n < 600; n++) record(histogram, 700, 800);
  record(histogram, 2, 2);
  const { counts, total } = countsOf(histogram, 'latency');
  expect(total).toBe(901);
  expect(counts.filter(count => count > 0)).toEqual(Uint16Array.of(301, 600));
});

test('what is alike takes few buckets, and what is not keeps its counts', () => {
  const histogram = createHistogram();
  for (const ms of [2.1, 2.5, 3.3]) record(histogram, ms, ms);
  expect(countsOf(histogram, 'latency').counts).toHaveLength(16);
  for (const ms of [0.1, 900]) record(histogram, ms, ms);
  expect(histogram.total).toBe(5);
  expect(percentile(histogram, 0.2)).toBeLessThan(0.2);
  expect(percentile(histogram, 0.6)).toBeCloseTo(2.5, 0);
  expect(percentile(histogram, 1)).toBeGreaterThan(870);
});

test('how long an answer took and how long from the due instant on are counted each for itself', () => {
  const histogram = createHistogram();
  for (let n = 0; n < 10; n++) record(histogram, 2, 300);
  expect(percentileMs(countsOf(histogram, 'latency'), 1)).toBeCloseTo(2, 0);
  expect(percentileMs(countsOf(histogram, 'response'), 0.1)).toBeGreaterThan(290);
});

test('a histogram that becomes wider leaves none of its counts to the one that gets its room', () => {
  const [wide, next] = [createHistogram(), createHistogram()];
  for (const ms of [2, 900]) record(wide, ms, ms);
  record(next, 3, 3);
  expect(countsOf(next, 'latency').total).toBe(1);
  expect(percentile(next, 0.5)).toBeCloseTo(3, 0);
  expect(countsOf(wide, 'latency').total).toBe(2);
});
