import { expect, test } from '@jest/globals';
import { sharedTime } from './lengths.ts';

const all = new Map([
  ['kill', { leastMs: 5000, mostMs: 105_000 }],
  ['soak', { leastMs: 5000, mostMs: 305_000 }],
]);
const lengths = (totalMs: number | null): readonly number[] => [...sharedTime(all, totalMs).values()];

test('without a limit each scenario takes all the time that it can use', () => {
  expect(lengths(null)).toEqual([105_000, 305_000]);
});

test('a limit is shared by what each can use beyond its least', () => {
  expect(lengths(210_000)).toEqual([55_000, 155_000]);
});

test('less than the least of all is no length, more than the most neither', () => {
  expect(lengths(1000)).toEqual([5000, 5000]);
  expect(lengths(10_000_000)).toEqual([105_000, 305_000]);
});
