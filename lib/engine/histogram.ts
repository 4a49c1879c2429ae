/** Spans in buckets of 1/16 of a power of two, from 1/16 ms to 131 s: percentiles are right within 3.2%. */
const STEPS = 16;
const UNITS_PER_MS = 16;
const TOP_POWER = 20;
export const BUCKETS = STEPS * (TOP_POWER - 2);

export type Histogram = { readonly counts: Uint16Array; total: number; readonly mostRecords: number };

/** With more than `mostRecords` (at most 65,535) all counts are halved: percentiles follow the recent past. */
export const createHistogram = (mostRecords = 8192): Histogram => ({
  counts: new Uint16Array(BUCKETS),
  total: 0,
  mostRecords,
});

/** Log-linear: the first 16 buckets are one unit wide, each later power of two has 16. */
export const bucketOf = (ms: number): number => {
  const units = Math.min(Math.max(0, ms) * UNITS_PER_MS, 2 ** (TOP_POWER + 1) - 1);
  if (units < STEPS) return Math.floor(units);
  const power = 31 - Math.clz32(units);
  return (power - 4) * STEPS + Math.floor(units / 2 ** (power - 4));
};

export const middleMs = (bucket: number): number => {
  if (bucket < STEPS) return (bucket + 0.5) / UNITS_PER_MS;
  const power = Math.floor(bucket / STEPS) + 3;
  return ((STEPS + (bucket % STEPS) + 0.5) * 2 ** (power - 4)) / UNITS_PER_MS;
};

const halve = (histogram: Histogram): void => {
  const { counts } = histogram;
  histogram.total = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const half = (counts[bucket] as number) >> 1;
    counts[bucket] = half;
    histogram.total += half;
  }
};

export const record = (histogram: Histogram, ms: number): void => {
  if (histogram.total >= histogram.mostRecords) halve(histogram);
  const bucket = bucketOf(ms);
  histogram.counts[bucket] = (histogram.counts[bucket] as number) + 1;
  histogram.total++;
};

export const clear = (histogram: Histogram): void => {
  histogram.counts.fill(0);
  histogram.total = 0;
};

type Counted = { readonly counts: Uint16Array | Uint32Array; readonly total: number };

/** In ms over all of them together; `ratio` 0.99 is p99. null while nothing was recorded. */
export const percentileMs = (histograms: readonly Counted[], ratio: number): number | null => {
  const total = histograms.reduce((sum, histogram) => sum + histogram.total, 0);
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(total * ratio));
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    for (const { counts } of histograms) left -= counts[bucket] as number;
    if (left <= 0) return middleMs(bucket);
  }
  return middleMs(BUCKETS - 1);
};
