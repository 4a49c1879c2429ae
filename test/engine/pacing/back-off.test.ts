import { expect, test } from '@jest/globals';
import { backOffMs } from '../../../lib/engine/pacing/back-off.ts';

const limits = { firstMs: 100, mostMs: 5000 };

test('waits double up to the most, with up to half of it taken off at random', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 1000].map(attempt => backOffMs(attempt, limits, () => 1));
  expect(longest).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(backOffMs(3, limits, () => 0)).toBe(200);
});
