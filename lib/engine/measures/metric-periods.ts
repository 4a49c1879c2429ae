import type { Metric, MetricResolution } from '../../domain/metric.ts';

/** Most metrics that wait to be collected; beyond it the present period is prolonged, and nothing is left out. */
const MOST_CLOSED = 20_000;

/** What is counted from one full minute (or second) to the next. */
export const createPeriods = (
  resolutionS: MetricResolution,
  closed: Metric[],
  /** What was counted, of which nothing is left. */
  drain: (atMs: number) => readonly Metric[],
) => {
  const lengthMs = resolutionS * 1000;
  let startAtMs = 0;

  const close = (): void => {
    closed.push(...drain(startAtMs));
  };

  return {
    /** Something happens at this instant. A clock that is set back, or a check that began before, counts as present. */
    reach: (atMs: number): void => {
      const nextAtMs = Math.floor(atMs / lengthMs) * lengthMs;
      if (nextAtMs <= startAtMs || closed.length >= MOST_CLOSED) return;
      if (startAtMs > 0) close();
      startAtMs = nextAtMs;
    },
    /** Before its time: the rest of the period is another's. */
    close,
  };
};
