import { expect, test } from '@jest/globals';
import { violationsOf } from './invariants/all.ts';
import { reportOf } from './report.ts';
import { simulate } from './simulate.ts';
import { transcriptOf } from './transcript.ts';
import { worldOf } from './world/random-world.ts';
import { FAULTS } from './world/world.ts';
import { simulateYear } from './year.ts';

const SEEDS = 2000;
const SOON_MS = 120_000;

test(
  `${SEEDS} worlds of workers, faults and services keep every invariant`,
  async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const simulated = await simulate(worldOf(seed));
      const violations = violationsOf(simulated);
      if (violations.length > 0) throw new Error(await reportOf({ simulated, violations }, FAULTS));
    }
  },
  SOON_MS,
);

test('a seed is the same world each time, to the last line', async () => {
  for (const seed of [3, 8]) {
    const [first = '', second] = await Promise.all(
      [1, 2].map(async () => {
        const { world, observations } = await simulate(worldOf(seed));
        return transcriptOf(world, observations, []);
      }),
    );
    expect(first.split('\n').length).toBeGreaterThan(20);
    expect(second).toBe(first);
  }
});

test(
  'ten days of one jobset that another worker takes over every quarter of an hour',
  async () => {
    const { handOvers, violations } = await simulateYear(10);
    expect(handOvers).toBeGreaterThan(900);
    expect(violations).toEqual([]);
  },
  SOON_MS,
);
