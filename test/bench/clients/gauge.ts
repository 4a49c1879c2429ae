import { setTimeout as sleep } from 'node:timers/promises';
import { percentilesOf } from '../arithmetic/percentile.ts';
import type { Sample } from '../benchmark.ts';

export type Window = { readonly warmUpMs: number; readonly measureMs: number };

/** Memory that is not written to is not resident: what is not used costs nothing. */
const MOST_SPANS = 2_000_000;

/** Counts what is done while it is on. */
export const createGauge = () => {
  const spansMs = new Float64Array(MOST_SPANS);
  let spans = 0;
  let on = false;
  let operations = 0;
  let failed = 0;
  let first = '';

  const span = (ms: number): void => {
    if (on && spans < MOST_SPANS) spansMs[spans++] = ms;
  };

  return {
    /** One more; `ms` where it is its only span. */
    done: (ms?: number): void => {
      if (!on) return;
      operations++;
      if (ms !== undefined) span(ms);
    },
    span,
    fail: (error: string): void => {
      if (on && failed++ === 0) first = error;
    },
    /** Warms up, then measures this process. `facts` is read at the start and at the end: the difference counts. */
    measure: async (
      { warmUpMs, measureMs }: Window,
      facts: () => { readonly [name: string]: number } = () => ({}),
    ): Promise<Sample> => {
      await sleep(warmUpMs);
      const factsBefore = facts();
      const cpuBefore = process.cpuUsage();
      const startedMs = performance.now();
      on = true;
      await sleep(measureMs);
      on = false;
      const wallMs = performance.now() - startedMs;
      const { user, system } = process.cpuUsage(cpuBefore);
      const factsAfter = Object.entries(facts());
      return {
        operations,
        wallMs,
        cpuMs: (user + system) / 1000,
        latency: percentilesOf(spansMs.subarray(0, spans)),
        peakBytes: process.resourceUsage().maxRSS * 1024,
        facts: Object.fromEntries(
          factsAfter.map(([name, after]) => [name, after - (factsBefore[name] ?? 0)] as const),
        ),
        failures: failed === 0 ? null : { count: failed, first },
      };
    },
  };
};
