import { bucketOf, STEPS } from './buckets.ts';

/** The recent spans of one endpoint. It holds only the buckets between the shortest and the longest span: of a service
 *  that answers as usual some 350 bytes, where all of them would take 930. */
export type Histogram = { first: number; counts: Uint16Array; total: number; readonly mostRecords: number };

const NO_COUNTS = new Uint16Array(0);

/** With more than `mostRecords` (at most 65,535) all counts are halved: percentiles follow the recent past. */
export const createHistogram = (mostRecords = 8192): Histogram => ({
  first: 0,
  counts: NO_COUNTS,
  total: 0,
  mostRecords,
});

const halve = (histogram: Histogram): void => {
  const { counts } = histogram;
  histogram.total = 0;
  for (let at = 0; at < counts.length; at++) {
    const half = (counts[at] as number) >> 1;
    counts[at] = half;
    histogram.total += half;
  }
};

const ofItsPower = (bucket: number): number => bucket - (bucket % STEPS);

/** By whole powers of two, so that it happens seldom. */
const widen = (histogram: Histogram, bucket: number): void => {
  const { first, counts } = histogram;
  const isEmpty = counts.length === 0;
  const from = ofItsPower(isEmpty ? bucket : Math.min(first, bucket));
  const last = isEmpty ? bucket : Math.max(first + counts.length - 1, bucket);
  const wider = new Uint16Array(ofItsPower(last) + STEPS - from);
  wider.set(counts, isEmpty ? 0 : first - from);
  histogram.first = from;
  histogram.counts = wider;
};

export const record = (histogram: Histogram, ms: number): void => {
  if (histogram.total >= histogram.mostRecords) halve(histogram);
  const bucket = bucketOf(ms);
  if (bucket < histogram.first || bucket >= histogram.first + histogram.counts.length)
    widen(histogram, bucket);
  const at = bucket - histogram.first;
  histogram.counts[at] = (histogram.counts[at] as number) + 1;
  histogram.total++;
};
