import type { Scenario } from './scenario.ts';

type Lengths = Pick<Scenario, 'leastMs' | 'mostMs'>;

/** How long each scenario's faults go on, so that all of them together take about `totalMs`: its least, and of what is
 *  left a share of what it can use. null: each its most. */
export const sharedTime = (
  all: ReadonlyMap<string, Lengths>,
  totalMs: number | null,
): ReadonlyMap<string, number> => {
  const sum = (of: (one: Lengths) => number): number =>
    [...all.values()].reduce((total, one) => total + of(one), 0);
  const leastMs = sum(one => one.leastMs);
  const usableMs = sum(one => one.mostMs) - leastMs;
  const ratio = totalMs === null || usableMs === 0 ? 1 : (totalMs - leastMs) / usableMs;
  const share = Math.min(1, Math.max(0, ratio));
  return new Map(
    [...all].map(([name, one]) => [name, one.leastMs + share * (one.mostMs - one.leastMs)] as const),
  );
};
