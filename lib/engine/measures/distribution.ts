import type { Metric } from '../../domain/metric.ts';
import { BUCKETS, bucketOf, middleMs } from './buckets.ts';

/** Spans in all buckets, each counted: for sums that must be right, not only percentiles. */
export type Distribution = { readonly first: 0; readonly counts: Uint32Array; total: number };

export const createDistribution = (): Distribution => ({
  first: 0,
  counts: new Uint32Array(BUCKETS),
  total: 0,
});

export const add = (distribution: Distribution, ms: number): void => {
  const bucket = bucketOf(ms);
  distribution.counts[bucket] = (distribution.counts[bucket] as number) + 1;
  distribution.total++;
};

export const clear = (distribution: Distribution): void => {
  distribution.counts.fill(0);
  distribution.total = 0;
};

/** What was added since the last time, as values with their counts; right within 3.2%. */
export const drain = (distribution: Distribution): Metric['values'] => {
  const values = Array.from(distribution.counts, (count, bucket) => [bucket, count] as const)
    .filter(([, count]) => count > 0)
    .map(([bucket, count]) => [Number(middleMs(bucket).toPrecision(4)), count] as const);
  clear(distribution);
  return values;
};
