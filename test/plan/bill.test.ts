import { expect, test } from '@jest/globals';
import { billOf, sumUsage } from '../../lib/plan/bill.ts';

const LIST = { freeTier: false };
const FREE = { freeTier: true };

test('metrics get cheaper by the thousand', () => {
  const usd = (metrics: number) => billOf({ metrics }, LIST).totalUsd;
  expect(usd(10_000)).toBeCloseTo(3000);
  expect(usd(10_001)).toBeCloseTo(3000.1);
  expect(usd(300_000)).toBeCloseTo(3000 + 24_000 + 2500);
});

test('a free tier counts for all parts together, and never makes a price negative', () => {
  const usage = sumUsage([{ lambdaGbSeconds: 300_000 }, { lambdaGbSeconds: 300_000, alarms: 3 }]);
  expect(billOf(usage, FREE).totalUsd).toBeCloseTo(200_000 * 0.0000133334);
  expect(billOf(usage, LIST).totalUsd).toBeCloseTo(600_000 * 0.0000133334 + 0.3);
});

test('a table on demand has no free tier', () => {
  const usage = { dynamodbWrites: 1_000_000, dynamodbReads: 1_000_000 };
  expect(billOf(usage, FREE)).toEqual(billOf(usage, LIST));
  expect(billOf(usage, LIST)).toEqual({ totalUsd: 0.75, byService: { dynamodb: 0.75 } });
});
