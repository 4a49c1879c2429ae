import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { manualClock } from '../../support/manual-clock.ts';

test.each([1000, -1000, 86_400_000, -86_400_000])(
  'a system clock that is set by %d ms is followed at the next look, and not before',
  async stepMs => {
    const system = manualClock();
    const steady = createSteadyClock(system);
    await system.advance(1000);
    const beforeMs = steady.nowMs();
    system.setBack(-stepMs);
    expect(steady.nowMs()).toBe(beforeMs);
    expect(steady.sync()).toBeCloseTo(stepMs, 3);
    expect(steady.nowMs()).toBeCloseTo(system.nowMs(), 3);
    expect(steady.sync()).toBe(0);
  },
);

test('time in which the machine was suspended has passed, and is no step', async () => {
  const system = manualClock();
  const steady = createSteadyClock(system);
  await system.advance(1000);
  const beforeMs = steady.nowMs();
  system.suspend(3_600_000);
  expect(steady.sync()).toBe(0);
  expect(steady.nowMs() - beforeMs).toBeCloseTo(3_600_000, 3);
});

test('a suspend during which the clock was set as well is told apart from it', async () => {
  const system = manualClock();
  const steady = createSteadyClock(system);
  const beforeMs = steady.nowMs();
  system.suspend(60_000);
  system.setBack(5000);
  expect(steady.sync()).toBeCloseTo(-5000, 3);
  expect(steady.nowMs() - beforeMs).toBeCloseTo(55_000, 3);
});

test('a clock that drifts is followed smoothly: it never goes back, and no span is a fiftieth too long', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: -0.01, max: 0.01, noNaN: true }), { maxLength: 40 }),
      async drifts => {
        const system = manualClock();
        const steady = createSteadyClock(system);
        let beforeMs = steady.nowMs();
        for (const drift of drifts) {
          await system.advance(1000);
          system.setBack(-1000 * drift);
          expect(steady.sync()).toBe(0);
          const spanMs = steady.nowMs() - beforeMs;
          expect(spanMs).toBeGreaterThan(0);
          expect(Math.abs(spanMs - 1000)).toBeLessThanOrEqual(20.001);
          beforeMs = steady.nowMs();
        }
        expect(Math.abs(steady.nowMs() - system.nowMs())).toBeLessThan(0.01);
      },
    ),
    { numRuns: 50 },
  );
});
