import { expect, test } from '@jest/globals';
import { limitConcurrency } from '../../../lib/engine/pacing/limit-concurrency.ts';

test('at most the limit runs at once, all run in order, and a failed task makes room', async () => {
  const limited = limitConcurrency(3);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const task = (n: number) => async () => {
    begun.push(n);
    most = Math.max(most, ++running);
    await new Promise(resolve => setImmediate(resolve));
    running--;
    if (n % 4 === 0) throw new Error('no');
    return n;
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => limited(task(n))));
  expect(most).toBe(3);
  expect(begun).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
});
