import { BUCKETS, percentileMs } from './buckets.ts';
import { createDistribution, type Distribution } from './distribution.ts';
import type { LoopStatus } from './status.ts';

/** How late checks started, and the latest of them. */
export type Lateness = Readonly<Distribution> & { readonly maxMs: number };

/** How a loop does, in figures that can be added up over several: over the last 10 s, or since the start. */
export type LoopReading = Pick<
  LoopStatus,
  | 'endpoints'
  | 'failing'
  | 'unknown'
  | 'unchecked'
  | 'unsaved'
  | 'checksPerSecond'
  | 'missedTicks'
  | 'stalled'
  | 'storeReachable'
> & {
  readonly lateness: Lateness;
  /** Endpoints that were checked at all: after a start they come in one after the other. */
  readonly begun: number;
  /** Ticks that were run. */
  readonly ran: number;
  /** Ticks that the loop itself missed. */
  readonly behind: number;
  /** From the first of these to the last. */
  readonly behindForS: number;
  /** Since the start. */
  readonly targetFailures: number;
  /** Since the start. */
  readonly storeFailures: number;
};

const sumOf = <T>(items: readonly T[], count: (item: T) => number): number =>
  items.reduce((sum, item) => sum + count(item), 0);

/** All that was recorded of them together: percentiles of it are those of all checks, not of percentiles. */
export const mergeLateness = (all: readonly Lateness[]): Lateness => {
  const { counts, first } = createDistribution();
  for (const one of all)
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      counts[bucket] = (counts[bucket] as number) + (one.counts[bucket] as number);
  return {
    first,
    counts,
    total: sumOf(all, ({ total }) => total),
    maxMs: Math.max(0, ...all.map(one => one.maxMs)),
  };
};

export const sumReadings = (all: readonly LoopReading[]): LoopReading => ({
  endpoints: sumOf(all, one => one.endpoints),
  failing: sumOf(all, one => one.failing),
  unknown: sumOf(all, one => one.unknown),
  unchecked: sumOf(all, one => one.unchecked),
  unsaved: sumOf(all, one => one.unsaved),
  checksPerSecond: sumOf(all, one => one.checksPerSecond),
  missedTicks: sumOf(all, one => one.missedTicks),
  stalled: all.some(one => one.stalled),
  storeReachable: all.every(one => one.storeReachable),
  lateness: mergeLateness(all.map(one => one.lateness)),
  begun: sumOf(all, one => one.begun),
  ran: sumOf(all, one => one.ran),
  behind: sumOf(all, one => one.behind),
  behindForS: Math.max(0, ...all.map(one => one.behindForS)),
  targetFailures: sumOf(all, one => one.targetFailures),
  storeFailures: sumOf(all, one => one.storeFailures),
});

/** What was counted since the start, of a loop that does not run: a total never becomes less. */
export const totalsOf = ({ missedTicks, targetFailures, storeFailures }: LoopReading): LoopReading => ({
  ...sumReadings([]),
  missedTicks,
  targetFailures,
  storeFailures,
});

export const latenessMs = ({ maxMs, ...counted }: Lateness): LoopStatus['latenessMs'] => ({
  p50: Math.min(maxMs, percentileMs(counted, 0.5) ?? 0),
  p99: Math.min(maxMs, percentileMs(counted, 0.99) ?? 0),
  max: maxMs,
});
