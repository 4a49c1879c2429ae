import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTooDeep, MAX_JSON_DEPTH } from '../../lib/probe/answer/json-depth.ts';

const nested = (depth: number): string => `${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`;
const pad = `"${'x'.repeat(2000)}"`;

test('JSON of 200 levels is fine, of more it is not', () => {
  expect(isTooDeep(`[${pad},${nested(MAX_JSON_DEPTH - 2)}]`)).toBe(false);
  expect(isTooDeep(`[${pad},${nested(MAX_JSON_DEPTH)}]`)).toBe(true);
  expect(isTooDeep('['.repeat(1_000_000))).toBe(true);
});

test('brackets in strings are no levels, whatever is escaped in them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('[', '{', '"', '\\', 'a') })), strings => {
      const many = Array.from({ length: 50 }, () => strings);
      expect(isTooDeep(JSON.stringify([pad, many]))).toBe(false);
    }),
  );
});
