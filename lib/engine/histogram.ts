import { bucketOf, type Counted, STEPS } from './buckets.ts';

/** The recent checks of one endpoint: how long their answers took (`latency`), and how long from the due instant on
 *  (`response`). It holds only the buckets between the shortest and the longest span, of both in turn: what a check
 *  touches lies in one place, of a service that answers as usual some 320 bytes. */
export type Histogram = { first: number; counts: Uint16Array; total: number; readonly mostRecords: number };

export type Series = 'latency' | 'response';

/** Counts of a bucket, one beside the other. */
const SERIES = 2;
const offsetOf: { readonly [series in Series]: number } = { latency: 0, response: 1 };

const NO_COUNTS = new Uint16Array(0);

/** With more than `mostRecords` (at most 65,535) all counts are halved: percentiles follow the recent past. */
export const createHistogram = (mostRecords = 8192): Histogram => ({
  first: 0,
  counts: NO_COUNTS,
  total: 0,
  mostRecords,
});

/** Of one series; a copy. */
export const countsOf = ({ first, counts }: Histogram, series: Series): Counted => {
  const own = counts.filter((_, at) => at % SERIES === offsetOf[series]);
  return { first, counts: own, total: own.reduce((sum, count) => sum + count, 0) };
};

const halve = (histogram: Histogram): void => {
  const { counts } = histogram;
  for (let at = 0; at < counts.length; at++) counts[at] = (counts[at] as number) >> 1;
  histogram.total >>= 1;
};

/** Counts of many histograms lie in one buffer: with one each, they take 400 bytes more. Those of a histogram that has
 *  become wider are not used again. */
const BUFFER_BYTES = 64 * 1024;
let buffer = new ArrayBuffer(0);
let usedBytes = 0;

const newCounts = (length: number): Uint16Array => {
  const bytes = length * Uint16Array.BYTES_PER_ELEMENT;
  if (usedBytes + bytes > buffer.byteLength) {
    buffer = new ArrayBuffer(BUFFER_BYTES);
    usedBytes = 0;
  }
  const counts = new Uint16Array(buffer, usedBytes, length);
  usedBytes += bytes;
  return counts;
};

const ofItsPower = (bucket: number): number => bucket - (bucket % STEPS);

/** By whole powers of two, so that it happens seldom. */
const widen = (histogram: Histogram, lowest: number, highest: number): void => {
  const { first, counts } = histogram;
  const isEmpty = counts.length === 0;
  const from = ofItsPower(isEmpty ? lowest : Math.min(first, lowest));
  const last = isEmpty ? highest : Math.max(first + counts.length / SERIES - 1, highest);
  const wider = newCounts(SERIES * (ofItsPower(last) + STEPS - from));
  wider.set(counts, isEmpty ? 0 : SERIES * (first - from));
  histogram.first = from;
  histogram.counts = wider;
};

const count = ({ first, counts }: Histogram, bucket: number, offset: number): void => {
  const at = SERIES * (bucket - first) + offset;
  counts[at] = (counts[at] as number) + 1;
};

export const record = (histogram: Histogram, latencyMs: number, responseMs: number): void => {
  if (histogram.total >= histogram.mostRecords) halve(histogram);
  const latency = bucketOf(latencyMs);
  // Of a clock that was set back, the due instant may lie behind the start.
  const response = Math.max(latency, bucketOf(responseMs));
  if (latency < histogram.first || SERIES * (response - histogram.first) >= histogram.counts.length)
    widen(histogram, latency, response);
  count(histogram, latency, offsetOf.latency);
  count(histogram, response, offsetOf.response);
  histogram.total++;
};
