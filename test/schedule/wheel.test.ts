import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWheel, newEntry } from '../../lib/schedule/wheel.ts';

test('every entry runs once, at the first look at or after its instant', () => {
  const instants = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { maxLength: 50 });
  const steps = fc.array(fc.double({ min: 0, max: 6000, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(instants, steps, (atMs, stepsMs) => {
      const wheel = createWheel(0);
      const ranAtMs = atMs.map((): number[] => []);
      for (const [index, ms] of atMs.entries())
        wheel.add(
          newEntry(nowMs => ranAtMs[index]?.push(nowMs)),
          ms,
        );
      const looksMs: number[] = [];
      for (let nowMs = 0, step = 0; step < stepsMs.length; step++) {
        nowMs += stepsMs[step] as number;
        looksMs.push(nowMs);
        wheel.expire(nowMs);
      }
      for (const [index, ms] of atMs.entries()) {
        const expected = looksMs.find(lookMs => lookMs >= ms);
        expect(ranAtMs[index]).toEqual(expected === undefined ? [] : [expected]);
      }
    }),
  );
});

test('the next look is never after the earliest entry', () => {
  const instants = fc.array(fc.double({ min: 0, max: 50_000, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(instants, atMs => {
      const wheel = createWheel(0);
      for (const ms of atMs)
        wheel.add(
          newEntry(() => {}),
          ms,
        );
      expect(wheel.nextAtMs()).toBeLessThanOrEqual(Math.min(...atMs));
    }),
  );
});

test('following the next look, an entry far ahead runs on time', () => {
  const wheel = createWheel(0);
  let ranAtMs = -1;
  wheel.add(
    newEntry(nowMs => {
      ranAtMs = nowMs;
    }),
    61_000.5,
  );
  for (let looks = 0; ranAtMs < 0 && looks < 100; looks++) wheel.expire(wheel.nextAtMs());
  expect(ranAtMs).toBe(61_000.5);
});

test('a removed entry does not run, and an entry moved runs at its new instant only', () => {
  const wheel = createWheel(0);
  const ran: string[] = [];
  const removed = newEntry(() => ran.push('removed'));
  const moved = newEntry(nowMs => ran.push(`moved ${nowMs}`));
  wheel.add(removed, 5);
  wheel.add(moved, 5);
  wheel.remove(removed);
  wheel.add(moved, 15);
  wheel.expire(10);
  wheel.expire(20);
  expect(ran).toEqual(['moved 20']);
});

test('an entry that sets itself again for now runs in the next look, not for ever in this one', () => {
  const wheel = createWheel(0);
  let runs = 0;
  const again = newEntry(nowMs => {
    runs++;
    wheel.add(again, nowMs);
  });
  wheel.add(again, 1);
  wheel.expire(2);
  expect(runs).toBe(1);
});

test('an entry at Infinity never runs', () => {
  const wheel = createWheel(0);
  let runs = 0;
  wheel.add(
    newEntry(() => runs++),
    Number.POSITIVE_INFINITY,
  );
  for (let looks = 0; looks < 10; looks++) wheel.expire(wheel.nextAtMs());
  expect(runs).toBe(0);
});

test('after a shift every entry waits for as long as before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20_000), { maxLength: 30 }),
      fc.integer({ min: -100_000_000, max: 100_000_000 }),
      (delays, byMs) => {
        const startMs = 1_790_000_000_000;
        const wheel = createWheel(startMs);
        const ran: number[] = [];
        for (const delay of delays)
          wheel.add(
            newEntry(() => ran.push(delay)),
            startMs + delay,
          );
        wheel.shift(byMs, startMs + byMs);
        for (let ms = 0; ms <= 20_000; ms += 100) {
          wheel.expire(startMs + byMs + ms);
          expect(ran.toSorted((a, b) => a - b)).toEqual(
            delays.filter(delay => delay <= ms).toSorted((a, b) => a - b),
          );
        }
      },
    ),
    { numRuns: 20 },
  );
});
