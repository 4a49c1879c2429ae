import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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

const brokenSeeds = async (from: number, to: number): Promise<readonly number[]> => {
  const script = fileURLToPath(new URL('seeds-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(from), String(to)]);
  return JSON.parse(stdout);
};

const reportOfSeed = async (seed: number): Promise<string> => {
  const simulated = await simulate(worldOf(seed));
  return reportOf({ simulated, violations: violationsOf(simulated) }, FAULTS);
};

test(
  `${SEEDS} worlds of workers, faults and services keep every invariant`,
  async () => {
    const halves = await Promise.all([brokenSeeds(0, SEEDS / 2), brokenSeeds(SEEDS / 2, SEEDS)]);
    const [first] = halves.flat();
    if (first !== undefined) throw new Error(await reportOfSeed(first));
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
