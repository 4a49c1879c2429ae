import { expect, test } from '@jest/globals';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { newEntry } from '../../../lib/schedule/wheel.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** A hundred entries, 0.1 ms apart: in how many turns they ran, and how late at most. */
const runHundred = async (shortestPeriodMs: number) => {
  const clock = manualClock();
  const timers = createTimers(createSteadyClock(clock), () => {});
  timers.expectPeriod(shortestPeriodMs);
  const startMs = clock.nowMs();
  const turns = new Set<number>();
  let runs = 0;
  let latestMs = 0;
  for (let n = 1; n <= 100; n++) {
    const dueMs = startMs + n / 10;
    const entry = newEntry(nowMs => {
      runs++;
      turns.add(nowMs);
      latestMs = Math.max(latestMs, nowMs - dueMs);
      expect(nowMs).toBeGreaterThanOrEqual(dueMs);
    });
    timers.set(entry, dueMs);
  }
  await clock.advance(20);
  timers.stop();
  return { runs, turns: turns.size, latestMs };
};

test('what is due within 2 ms runs in one turn where periods are long', async () => {
  const { runs, turns, latestMs } = await runHundred(1000);
  expect(runs).toBe(100);
  expect(turns).toBeLessThanOrEqual(6);
  expect(latestMs).toBeLessThan(2.1);
});

test('nothing waits for longer than a fiftieth of the shortest period', async () => {
  const { runs, turns, latestMs } = await runHundred(10);
  expect(runs).toBe(100);
  expect(turns).toBeGreaterThan(40);
  expect(latestMs).toBeLessThan(0.3);
});

test('that the clock was set back is found out by what is set afterwards', async () => {
  const clock = manualClock();
  let setBacks = 0;
  const timers = createTimers(createSteadyClock(clock), () => setBacks++);
  const entry = newEntry(() => {});
  timers.set(entry, clock.nowMs() + 10);
  await clock.advance(20);
  clock.setBack(3_600_000);
  timers.set(entry, clock.nowMs() + 5);
  await clock.advance(10);
  expect(setBacks).toBe(1);
  timers.stop();
});

/** Something is due every 10 ms, and each of so many answers that come in one go takes 5 ms. */
const burstOf = async (answers: number) => {
  const clock = manualClock();
  const timers = createTimers(createSteadyClock(clock), () => {});
  const startMs = clock.nowMs();
  const latenessMs: number[] = [];
  const entry = newEntry(nowMs => {
    latenessMs.push(nowMs - entry.atMs);
    timers.set(entry, startMs + 10 * (1 + Math.floor((nowMs - startMs) / 10)));
  });
  timers.set(entry, startMs + 10);
  await clock.advance(25);
  for (let answer = 0; answer < answers; answer++) {
    clock.work(5);
    timers.catchUp();
    await Promise.resolve();
  }
  const ranMeanwhile = latenessMs.length - 2;
  await clock.advance(100);
  timers.stop();
  return { ranMeanwhile, latestMs: Math.max(...latenessMs) };
};

test('what comes due during a burst of answers does not wait for its end', async () => {
  const { ranMeanwhile, latestMs } = await burstOf(10);
  expect(ranMeanwhile).toBe(5);
  expect(latestMs).toBeLessThan(10);
});

test('a loop that is given more than it can do hears its answers before it goes on', async () => {
  const { ranMeanwhile } = await burstOf(1000);
  expect(ranMeanwhile).toBe(8);
});
