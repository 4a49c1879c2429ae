import { add, clear, createDistribution } from './distribution.ts';
import { type LoopReading, mergeLateness } from './loop-reading.ts';

const SECONDS = 10;

/** What the loop did in each of the last ten seconds. */
export const createLoopStats = (startMs: number) => {
  const seconds = Array.from({ length: SECONDS }, () => ({
    second: -1,
    checks: 0,
    behind: 0,
    maxMs: 0,
    lateness: createDistribution(),
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
      add(entry.lateness, lateMs);
    },
    /** Ticks that were missed because the loop came late by whole intervals, or had no place for the check: it did
     *  not keep up. */
    fellBehind: (nowMs: number, ticks: number): void => {
      at(nowMs).behind += ticks;
    },
    read: (
      nowMs: number,
    ): Pick<LoopReading, 'checksPerSecond' | 'lateness' | 'ran' | 'behind' | 'behindForS'> => {
      const entries = recent(nowMs);
      const fromMs = Math.max(startMs, (Math.floor(nowMs / 1000) - SECONDS + 1) * 1000);
      const watchedS = Math.max(1, (nowMs - fromMs) / 1000);
      const behindIn = entries.filter(entry => entry.behind > 0).map(entry => entry.second);
      const ran = entries.reduce((sum, entry) => sum + entry.checks, 0);
      return {
        checksPerSecond: ran / watchedS,
        lateness: mergeLateness(entries.map(({ lateness, maxMs }) => ({ ...lateness, maxMs }))),
        ran,
        behind: entries.reduce((sum, entry) => sum + entry.behind, 0),
        behindForS: behindIn.length === 0 ? 0 : Math.max(...behindIn) - Math.min(...behindIn),
      };
    },
  };
};
