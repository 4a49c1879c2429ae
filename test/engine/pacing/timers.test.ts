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

test('a clock that is set to another time moves all that waits, and is told by how much', async () => {
  const clock = manualClock();
  const steps: number[] = [];
  const steady = createSteadyClock(clock);
  const timers = createTimers(steady, byMs => steps.push(Math.round(byMs)));
  const ran: number[] = [];
  const startMs = clock.monotonicMs();
  for (const waitMs of [10, 5000])
    timers.set(
      newEntry(() => ran.push(Math.round(clock.monotonicMs() - startMs))),
      steady.nowMs() + waitMs,
    );
  await clock.advance(1);
  clock.setBack(3_600_000);
  await clock.advance(6000);
  expect(steps).toEqual([-3_600_000]);
  expect(ran).toEqual([10, 5000]);
  timers.stop();
});

test('a loop that stands still knows for how long, from when something was due', async () => {
  const clock = manualClock();
  const steady = createSteadyClock(clock);
  const timers = createTimers(steady, () => {});
  const entry = newEntry(nowMs => timers.set(entry, nowMs + 10));
  timers.set(entry, steady.nowMs() + 10);
  await clock.advance(1000);
  expect(timers.stoodStillMs(steady.nowMs())).toBe(0);
  const fromMs = steady.nowMs();
  clock.work(5000);
  expect(Math.abs(timers.stoodStillMs(steady.nowMs()) - 4995)).toBeLessThan(10);
  await clock.advance(1);
  expect(Math.abs(timers.stoodStillMs(steady.nowMs()) - 4995)).toBeLessThan(10);
  expect(Math.abs(timers.turnedUntilMs() - fromMs)).toBeLessThan(20);
  await clock.advance(4000);
  expect(timers.turnedUntilMs()).toBe(steady.nowMs());
  timers.stop();
});

test('in a turn that comes late answers may be unread, and in the next one they are read', async () => {
  const clock = manualClock();
  const steady = createSteadyClock(clock);
  const timers = createTimers(steady, () => {});
  const seen: boolean[] = [];
  const entry = newEntry(nowMs => {
    seen.push(timers.mayBeUnread());
    timers.set(entry, nowMs);
  });
  timers.set(entry, steady.nowMs() + 10);
  clock.work(1000);
  await clock.advance(3);
  expect(seen.slice(0, 2)).toEqual([true, false]);
  timers.stop();
});
