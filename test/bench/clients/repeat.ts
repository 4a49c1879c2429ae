import type { Sample } from '../benchmark.ts';

const WARM_UP_MS = 300;
const MEASURE_MS = 700;

/** Runs `once` again and again; it returns how many operations it did. */
export const repeat = (
  once: (round: number) => number,
  facts: () => { readonly [name: string]: number } = () => ({}),
): Sample => {
  const until = (ms: number): { readonly operations: number; readonly wallMs: number } => {
    const fromMs = performance.now();
    let operations = 0;
    for (let round = 0; performance.now() < fromMs + ms; round++) operations += once(round);
    return { operations, wallMs: performance.now() - fromMs };
  };
  until(WARM_UP_MS);
  const before = facts();
  const cpuBefore = process.cpuUsage();
  const done = until(MEASURE_MS);
  const { user, system } = process.cpuUsage(cpuBefore);
  const after = Object.entries(facts()).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  return {
    ...done,
    cpuMs: (user + system) / 1000,
    latency: null,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    facts: Object.fromEntries(after),
    failures: null,
  };
};
