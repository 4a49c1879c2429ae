import { clear, createHistogram, percentileMs, record } from './histogram.ts';
import type { LoopStatus } from './status.ts';

const SECONDS = 10;

/** What the loop did in each of the last ten seconds. */
export const createLoopStats = (startMs: number) => {
  const seconds = Array.from({ length: SECONDS }, () => ({
    second: -1,
    checks: 0,
    behind: 0,
    maxMs: 0,
    lateness: createHistogram(65_535),
  }));

  const at = (nowMs: number) => {
    const second = Math.floor(nowMs / 1000);
    const entry = seconds[second % SECONDS] as (typeof seconds)[number];
    if (entry.second !== second) {
      entry.second = second;
      entry.checks = 0;
      entry.behind = 0;
      entry.maxMs = 0;
      clear(entry.lateness);
    }
    return entry;
  };

  const recent = (nowMs: number) => {
    const first = Math.floor(nowMs / 1000) - SECONDS + 1;
    return seconds.filter(entry => entry.second >= first);
  };

  return {
    ran: (nowMs: number, lateMs: number): void => {
      const entry = at(nowMs);
      entry.checks++;
      if (lateMs > entry.maxMs) entry.maxMs = lateMs;
      record(entry.lateness, lateMs);
    },
    /** Ticks that were missed though their endpoint was idle: the loop itself did not keep up. */
    fellBehind: (nowMs: number, ticks: number): void => {
      at(nowMs).behind += ticks;
    },
    read: (
      nowMs: number,
    ): Pick<LoopStatus, 'checksPerSecond' | 'latenessMs'> & { readonly behind: number } => {
      const entries = recent(nowMs);
      const histograms = entries.map(entry => entry.lateness);
      const maxMs = Math.max(0, ...entries.map(entry => entry.maxMs));
      const fromMs = Math.max(startMs, (Math.floor(nowMs / 1000) - SECONDS + 1) * 1000);
      const watchedS = Math.max(1, (nowMs - fromMs) / 1000);
      const checks = entries.reduce((sum, entry) => sum + entry.checks, 0);
      return {
        checksPerSecond: checks / watchedS,
        latenessMs: {
          p50: Math.min(maxMs, percentileMs(histograms, 0.5) ?? 0),
          p99: Math.min(maxMs, percentileMs(histograms, 0.99) ?? 0),
          max: maxMs,
        },
        behind: entries.reduce((sum, entry) => sum + entry.behind, 0),
      };
    },
  };
};
