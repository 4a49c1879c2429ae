import { bucketOf, type Counted, STEPS } from './buckets.ts';
import { type Counts, NO_COUNTS, narrowRooms, wideRooms } from './counts-pool.ts';

/** The recent checks of one endpoint: how long their answers took (`latency`), and how long from the due instant on
 *  (`response`). It holds only the buckets between the shortest and the longest span, of both in turn: what a check
 *  touches lies in one place, of a service that answers as usual some 125 to 250 bytes. */
export type Histogram = {
  /** The first bucket that is held. */
  first: number;
  counts: Counts;
  /** Where its own begin among them, and how many they are. */
  at: number;
  length: number;
  total: number;
  readonly mostRecords: number;
};

export type Series = 'latency' | 'response';

/** Counts of a bucket, one beside the other. */
const SERIES = 2;
const offsetOf: { readonly [series in Series]: number } = { latency: 0, response: 1 };

/** With more than `mostRecords` (at most 65,535) all counts are halved: percentiles follow the recent past. */
export const createHistogram = (mostRecords = 8192): Histogram => ({
  first: 0,
  counts: NO_COUNTS,
  at: 0,
  length: 0,
  total: 0,
  mostRecords,
});

const countsIn = ({ counts, at, length }: Histogram): Counts => counts.subarray(at, at + length);

/** Copy of the counts of one series. */
export const countsOf = (histogram: Histogram, series: Series): Counted => {
  const { first } = histogram;
  const own = Uint16Array.from(countsIn(histogram)).filter((_, at) => at % SERIES === offsetOf[series]);
  return { first, counts: own, total: own.reduce((sum, count) => sum + count, 0) };
};

const halve = (histogram: Histogram): void => {
  const counts = countsIn(histogram);
  for (let at = 0; at < counts.length; at++) counts[at] = (counts[at] as number) >> 1;
  histogram.total >>= 1;
};

const roomsOf = (counts: Counts) => (counts instanceof Uint16Array ? wideRooms : narrowRooms);

/** Takes its counts to a room of `length`, which begins at the bucket `first`. */
const move = (histogram: Histogram, rooms: typeof narrowRooms, first: number, length: number): void => {
  const { counts, at } = rooms.take(length);
  counts.set(countsIn(histogram), at + SERIES * (histogram.first - first));
  if (histogram.length > 0) roomsOf(histogram.counts).leave(histogram, histogram.length);
  histogram.first = first;
  histogram.counts = counts;
  histogram.at = at;
  histogram.length = length;
};

/** A histogram begins with so many buckets or a multiple, and becomes wider by whole powers of two: seldom, and so that
 *  its room is of a length that others want too. */
const FEWEST = STEPS / 4;

const widen = (histogram: Histogram, lowest: number, highest: number): void => {
  const { first, length } = histogram;
  const isEmpty = length === 0;
  const grain = isEmpty ? FEWEST : STEPS;
  const down = (bucket: number): number => bucket - (bucket % grain);
  const from = down(isEmpty ? lowest : Math.min(first, lowest));
  const last = isEmpty ? highest : Math.max(first + length / SERIES - 1, highest);
  if (isEmpty) histogram.first = from;
  move(histogram, roomsOf(histogram.counts), from, SERIES * (down(last) + grain - from));
};

const MOST_NARROW = 255;

const count = (histogram: Histogram, bucket: number, offset: number): void => {
  const index = SERIES * (bucket - histogram.first) + offset;
  const before = histogram.counts[histogram.at + index] as number;
  if (before === MOST_NARROW && histogram.counts instanceof Uint8Array)
    move(histogram, wideRooms, histogram.first, histogram.length);
  histogram.counts[histogram.at + index] = before + 1;
};

export const record = (histogram: Histogram, latencyMs: number, responseMs: number): void => {
  if (histogram.total >= histogram.mostRecords) halve(histogram);
  const latency = bucketOf(latencyMs);
  // Of a clock that was set back, the due instant may lie behind the start.
  const response = Math.max(latency, bucketOf(responseMs));
  if (latency < histogram.first || SERIES * (response - histogram.first) >= histogram.length)
    widen(histogram, latency, response);
  count(histogram, latency, offsetOf.latency);
  count(histogram, response, offsetOf.response);
  histogram.total++;
};
