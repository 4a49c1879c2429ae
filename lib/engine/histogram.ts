import { bucketOf, type Counted, STEPS } from './buckets.ts';

/** The recent checks of one endpoint: how long their answers took (`latency`), and how long from the due instant on
 *  (`response`). It holds only the buckets between the shortest and the longest span, of both in turn: what a check
 *  touches lies in one place, of a service that answers as usual some 250 bytes. */
export type Histogram = {
  /** The first bucket that is held. */
  first: number;
  /** Of many histograms. */
  counts: Uint16Array;
  /** Where this one's begin among them, and how many they are. */
  at: number;
  length: number;
  total: number;
  readonly mostRecords: number;
};

export type Series = 'latency' | 'response';

/** Counts of a bucket, one beside the other. */
const SERIES = 2;
const offsetOf: { readonly [series in Series]: number } = { latency: 0, response: 1 };

const NO_COUNTS = new Uint16Array(0);

/** With more than `mostRecords` (at most 65,535) all counts are halved: percentiles follow the recent past. */
export const createHistogram = (mostRecords = 8192): Histogram => ({
  first: 0,
  counts: NO_COUNTS,
  at: 0,
  length: 0,
  total: 0,
  mostRecords,
});

const countsIn = ({ counts, at, length }: Histogram): Uint16Array => counts.subarray(at, at + length);

/** Of one series; a copy. */
export const countsOf = (histogram: Histogram, series: Series): Counted => {
  const { first } = histogram;
  const own = countsIn(histogram).filter((_, at) => at % SERIES === offsetOf[series]);
  return { first, counts: own, total: own.reduce((sum, count) => sum + count, 0) };
};

const halve = (histogram: Histogram): void => {
  const counts = countsIn(histogram);
  for (let at = 0; at < counts.length; at++) counts[at] = (counts[at] as number) >> 1;
  histogram.total >>= 1;
};

/** Counts of many histograms lie in one array: with one each, they take 500 bytes more, and are two objects more to
 *  fetch. */
const SHARED_COUNTS = 32 * 1024;
let shared = NO_COUNTS;
let used = 0;

type Room = Pick<Histogram, 'counts' | 'at'>;

/** What histograms have left that became wider, by its length. */
const left = new Map<number, Room[]>();

const newRoom = (length: number): Room => {
  if (used + length > shared.length) {
    shared = new Uint16Array(SHARED_COUNTS);
    used = 0;
  }
  used += length;
  return { counts: shared, at: used - length };
};

/** Room for so many counts, all of them 0. */
const roomFor = (length: number): Room => left.get(length)?.pop() ?? newRoom(length);

const leave = ({ counts, at, length }: Histogram): void => {
  if (length === 0) return;
  counts.fill(0, at, at + length);
  const rooms = left.get(length) ?? [];
  rooms.push({ counts, at });
  left.set(length, rooms);
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
  const wider = SERIES * (down(last) + grain - from);
  const { counts, at } = roomFor(wider);
  counts.set(countsIn(histogram), at + (isEmpty ? 0 : SERIES * (first - from)));
  leave(histogram);
  histogram.first = from;
  histogram.counts = counts;
  histogram.at = at;
  histogram.length = wider;
};

const count = ({ first, counts, at }: Histogram, bucket: number, offset: number): void => {
  const index = at + SERIES * (bucket - first) + offset;
  counts[index] = (counts[index] as number) + 1;
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
