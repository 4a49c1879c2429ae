import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JOBSETS_A_WORKER, workerFor } from '../../../lib/local/workers/preferred-worker.ts';
import { shareOfChecks } from '../../../lib/local/workers/share-of-checks.ts';

const all = (workers: number): readonly number[] => Array.from({ length: workers }, (_, n) => n + 1);
const assigned = (workers: number, ready: readonly number[]): readonly (number | null)[] =>
  Array.from({ length: workers * JOBSETS_A_WORKER }, (_, jobset) => workerFor(jobset, workers, ready));

test('each worker runs an equal share', () => {
  for (const workers of [1, 2, 5, 64])
    for (const worker of all(workers))
      expect(assigned(workers, all(workers)).filter(one => one === worker)).toHaveLength(JOBSETS_A_WORKER);
});

test('the share of a worker that is away goes to several others, and nothing else moves', () => {
  const before = assigned(6, all(6));
  const after = assigned(
    6,
    all(6).filter(worker => worker !== 3),
  );
  const moved = after.filter((_, jobset) => before[jobset] === 3);
  expect(new Set(moved).size).toBe(JOBSETS_A_WORKER);
  expect(after.filter((_, jobset) => before[jobset] !== 3)).toEqual(before.filter(one => one !== 3));
});

test('as long as one worker is ready, every jobset has one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.array(fc.boolean(), { maxLength: 64 }), (workers, up) => {
      const ready = all(workers).filter(worker => up[worker - 1]);
      for (const one of assigned(workers, ready))
        expect(ready.length === 0 ? one === null : ready.includes(one ?? 0)).toBe(true);
    }),
  );
});

test('the checks under way in a process are bounded, however many jobsets it runs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 256, max: 20_000 }), mostAtOnce => {
      const shares: number[] = [];
      for (let jobset = 0; jobset < 2 * JOBSETS_A_WORKER; jobset++)
        shares.push(shareOfChecks(mostAtOnce, shares));
      expect(Math.min(...shares)).toBeGreaterThan(mostAtOnce / 40);
      for (let jobset = 0; jobset < 4; jobset++) shares.push(shareOfChecks(mostAtOnce, shares));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(mostAtOnce);
    }),
  );
});
