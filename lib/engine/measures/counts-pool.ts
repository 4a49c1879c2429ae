/** Counts of many histograms, one behind the other. */
export type Counts = Uint8Array | Uint16Array;

/** Where some of them begin. */
type Room = { readonly counts: Counts; readonly at: number };

export const NO_COUNTS = new Uint8Array(0);

/** Counts of many histograms lie in one array: with one each, they take 500 bytes more, and are two objects more to
 *  fetch. */
const SHARED_COUNTS = 32 * 1024;

const createRooms = (newCounts: (length: number) => Counts) => {
  let shared: Counts = NO_COUNTS;
  let used = 0;
  /** What others have left, by its length. */
  const left = new Map<number, Room[]>();

  const newRoom = (length: number): Room => {
    if (used + length > shared.length) {
      shared = newCounts(SHARED_COUNTS);
      used = 0;
    }
    used += length;
    return { counts: shared, at: used - length };
  };

  return {
    /** For so many counts, all of them 0. */
    take: (length: number): Room => left.get(length)?.pop() ?? newRoom(length),
    leave: ({ counts, at }: Room, length: number): void => {
      counts.fill(0, at, at + length);
      const rooms = left.get(length) ?? [];
      rooms.push({ counts, at });
      left.set(length, rooms);
    },
  };
};

/** For counts up to 255: where checks are seldom, those are enough for hours. */
export const narrowRooms = createRooms(length => new Uint8Array(length));
/** Up to 65,535. */
export const wideRooms = createRooms(length => new Uint16Array(length));
