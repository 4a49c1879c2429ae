/** Spans in buckets of 1/16 of a power of two, from 1/16 ms to 131 s: percentiles are right within 3.2%. */
export const STEPS = 16;
const UNITS_PER_MS = 16;
const TOP_POWER = 20;
export const BUCKETS = STEPS * (TOP_POWER - 2);

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

/** How many spans fell into each bucket, from the bucket `first` on. */
export type Counted = {
  readonly first: number;
  readonly counts: Uint16Array | Uint32Array;
  readonly total: number;
};

/** In ms; `ratio` 0.99 is p99. null while nothing was recorded. */
export const percentileMs = ({ first, counts, total }: Counted, ratio: number): number | null => {
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(total * ratio));
  for (let at = 0; at < counts.length; at++) {
    left -= counts[at] as number;
    if (left <= 0) return middleMs(first + at);
  }
  return middleMs(first + counts.length - 1);
};
