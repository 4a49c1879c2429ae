import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Schedule } from '../../lib/domain/endpoint.ts';
import {
  dueCount,
  gridOf,
  hasTwoGrids,
  lastDueMs,
  nextDueMs,
  periodMs,
  phaseMs,
} from '../../lib/schedule/grid.ts';
import { endpointId } from '../support/endpoints.ts';

const NOW_MS = 1_790_000_000_000;
const shop = (schedule: Schedule) => ({ id: endpointId('shop'), schedule });
const interval = (everyMs: number) =>
  gridOf(shop({ kind: 'interval', everyMs, failEveryMs: everyMs }), false);
const cronShop = (expression: string, timezone: string, failEveryMs: number | null) =>
  shop({ kind: 'cron', expression, timezone, failEveryMs });
const cron = (expression: string, timezone = 'UTC') => gridOf(cronShop(expression, timezone, null), false);

const everyMs = fc.oneof(fc.integer({ min: 5, max: 120_000 }), fc.double({ min: 5, max: 5000, noNaN: true }));
const instantMs = fc.double({ min: NOW_MS, max: NOW_MS + 10 ** 9, noNaN: true });

test('due instants lie one interval apart, each reached from the one before', () => {
  fc.assert(
    fc.property(everyMs, instantMs, (every, fromMs) => {
      const grid = interval(every);
      const first = nextDueMs(grid, fromMs);
      expect(first).toBeGreaterThan(fromMs - 0.002);
      expect(first - fromMs).toBeLessThanOrEqual(every + 0.002);
      expect(nextDueMs(grid, first) - first).toBeCloseTo(every, 2);
    }),
  );
});

test('what lies between two instants is what stepping from one to the other meets', () => {
  fc.assert(
    fc.property(
      everyMs,
      instantMs,
      fc.double({ min: 0, max: 30_000, noNaN: true }),
      (every, fromMs, spanMs) => {
        const grid = interval(every);
        const first = nextDueMs(grid, fromMs);
        const untilMs = first + Math.min(spanMs, every * 50);
        let steps = 0;
        let lastMs = first;
        for (let dueMs = nextDueMs(grid, first); dueMs <= untilMs; dueMs = nextDueMs(grid, dueMs)) {
          steps++;
          lastMs = dueMs;
        }
        const count = dueCount(grid, first, untilMs);
        expect(Math.abs(count - steps)).toBeLessThanOrEqual(untilMs - lastMs > every - 0.002 ? 1 : 0);
        if (count === steps) expect(lastDueMs(grid, first, untilMs)).toBeCloseTo(lastMs, 2);
      },
    ),
  );
});

test('every worker computes the same instants, whenever it starts', () => {
  fc.assert(
    fc.property(everyMs, instantMs, instantMs, (every, oneMs, otherMs) => {
      const one = nextDueMs(interval(every), oneMs);
      const other = nextDueMs(interval(every), otherMs);
      const apart = Math.abs(one - other) / every;
      expect(Math.abs(apart - Math.round(apart)) * every).toBeLessThan(0.01);
    }),
  );
});

test('phases of numbered ids spread evenly over the interval', () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let n = 0; n < 10_000; n++) {
    const tenth = Math.floor(phaseMs(`endpoint-${n}`, 1000) / 100);
    tenths[tenth] = (tenths[tenth] as number) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('while failing, interval_fail is the grid', () => {
  const hasty = shop({ kind: 'interval', everyMs: 250, failEveryMs: 1000 });
  const nightly = cronShop('0 3 * * *', 'UTC', 1000);
  for (const endpoint of [hasty, nightly]) {
    expect(hasTwoGrids(endpoint)).toBe(true);
    expect(periodMs(gridOf(endpoint, true), 0)).toBe(1000);
  }
  expect(periodMs(gridOf(hasty, false), 0)).toBe(250);
});

test('without an interval_fail of its own there is one grid', () => {
  const steady = shop({ kind: 'interval', everyMs: 250, failEveryMs: 250 });
  const nightly = cronShop('0 3 * * *', 'UTC', null);
  for (const endpoint of [steady, nightly]) {
    expect(hasTwoGrids(endpoint)).toBe(false);
    expect(nextDueMs(gridOf(endpoint, true), NOW_MS)).toBe(nextDueMs(gridOf(endpoint, false), NOW_MS));
  }
});

test('cron instants are in the given time zone', () => {
  const noonUtc = Date.UTC(2026, 6, 1, 12);
  expect(nextDueMs(cron('0 9 * * *'), noonUtc)).toBe(Date.UTC(2026, 6, 2, 9));
  expect(nextDueMs(cron('0 9 * * *', 'America/New_York'), noonUtc)).toBe(Date.UTC(2026, 6, 1, 13));
});

test('cron instants that passed unseen are counted', () => {
  const minutely = cron('* * * * *');
  const noon = Date.UTC(2026, 6, 1, 12);
  expect(dueCount(minutely, noon, noon + 5 * 60_000 + 1)).toBe(5);
  expect(lastDueMs(minutely, noon, noon + 5 * 60_000 + 1)).toBe(noon + 5 * 60_000);
  expect(dueCount(minutely, noon, noon + 59_999)).toBe(0);
  expect(lastDueMs(minutely, noon, noon + 59_999)).toBe(noon);
});

test('a cron expression that never comes again is never due', () => {
  expect(nextDueMs(cron('0 0 30 2 *'), NOW_MS)).toBe(Number.POSITIVE_INFINITY);
});
