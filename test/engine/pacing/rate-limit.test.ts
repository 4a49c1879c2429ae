import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRateLimit } from '../../../lib/engine/pacing/rate-limit.ts';

test('never more than max_per_second in any one second', () => {
  const rate = fc.integer({ min: 1, max: 20 });
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(rate, gaps, (maxPerSecond, gapsMs) => {
      const limit = createRateLimit(maxPerSecond);
      const takenAtMs: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        if (limit.take(nowMs) === 0) takenAtMs.push(nowMs);
      }
      for (const [index, atMs] of takenAtMs.entries())
        expect(atMs - (takenAtMs[index - maxPerSecond] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
          1000,
        );
    }),
  );
});

test('it says how long to wait, and lets through after that', () => {
  const limit = createRateLimit(2);
  expect([limit.take(0), limit.take(100)]).toEqual([0, 0]);
  expect(limit.take(250)).toBe(750);
  expect(limit.take(1000)).toBe(0);
});

test('a rate below one is one in its period', () => {
  const limit = createRateLimit(0.5);
  expect([limit.take(0), limit.take(1999), limit.take(2000)]).toEqual([0, 1, 0]);
});

test('a rate that is changed counts what went under the one before', () => {
  const rate = fc.integer({ min: 1, max: 20 });
  const gaps = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 150 });
  fc.assert(
    fc.property(rate, gaps, rate, gaps, (before, gapsBeforeMs, after, gapsAfterMs) => {
      const limit = createRateLimit(before);
      const takenAtMs: number[] = [];
      let nowMs = 0;
      const take = (gapMs: number): boolean => {
        nowMs += gapMs;
        if (limit.take(nowMs) > 0) return false;
        takenAtMs.push(nowMs);
        return true;
      };
      gapsBeforeMs.forEach(take);
      limit.change(after);
      for (const gapMs of gapsAfterMs)
        if (take(gapMs))
          expect(takenAtMs.filter(atMs => atMs > nowMs - 1000).length).toBeLessThanOrEqual(after);
    }),
  );
});
