/** Whatever waits for an instant: a link of the wheel's lists itself, so that waiting allocates nothing. */
export type Entry = {
  atMs: number;
  readonly run: (nowMs: number, owner: unknown) => void;
  /** What `run` is told of: one function serves all owners, where a closure each is one object more to fetch. */
  readonly owner: unknown;
  next: Entry | null;
  previous: Entry | null;
};

export const newEntry = <Owner>(run: (nowMs: number, owner: Owner) => void, owner?: Owner): Entry => ({
  atMs: 0,
  // Called with this owner only.
  run: run as Entry['run'],
  owner,
  next: null,
  previous: null,
});

/** One slot a millisecond; entries further ahead than one turn stay in their slot for later turns. A power of two. */
const SLOTS = 4096;
const slotOf = (millisecond: number): number => millisecond & (SLOTS - 1);

const link = (head: Entry, entry: Entry): void => {
  const last = head.previous as Entry;
  entry.previous = last;
  entry.next = head;
  last.next = entry;
  head.previous = entry;
};

const unlink = (entry: Entry): void => {
  if (entry.next === null || entry.previous === null) return;
  entry.next.previous = entry.previous;
  entry.previous.next = entry.next;
  entry.next = null;
  entry.previous = null;
};

const emptyList = (): Entry => {
  const head = newEntry(() => {});
  head.next = head;
  head.previous = head;
  return head;
};

/** A timer wheel: adding and removing cost the same however many entries wait. */
export const createWheel = (startMs: number) => {
  const slots = Array.from({ length: SLOTS }, emptyList);
  /** 0: certainly empty. An idle wheel's turn takes a quarter of the time of walking its lists. */
  const used = new Uint8Array(SLOTS);
  const due = emptyList();
  let cursor = Math.floor(startMs);

  /** The list of a used slot; null when nothing is in it. */
  const listAt = (slot: number): Entry | null => {
    if (used[slot] === 0) return null;
    const head = slots[slot] as Entry;
    if (head.next !== head) return head;
    used[slot] = 0;
    return null;
  };

  const collect = (slot: number, nowMs: number): void => {
    const head = listAt(slot);
    if (!head) return;
    for (let entry = head.next as Entry; entry !== head; ) {
      const next = entry.next as Entry;
      if (entry.atMs <= nowMs) {
        unlink(entry);
        link(due, entry);
      }
      entry = next;
    }
  };

  const add = (entry: Entry, atMs: number): void => {
    unlink(entry);
    entry.atMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const slot = slotOf(Math.max(cursor, Math.floor(atMs)));
    used[slot] = 1;
    link(slots[slot] as Entry, entry);
  };

  return {
    /** Moves the entry when it waits already; at Infinity it never runs. */
    add,
    remove: unlink,
    /** All instants that are waited for move by so much: the clock was set to another time. */
    shift: (byMs: number, nowMs: number): void => {
      const waiting: Entry[] = [];
      for (let slot = 0; slot < SLOTS; slot++) {
        const head = listAt(slot);
        if (!head) continue;
        for (let entry = head.next as Entry; entry !== head; entry = entry.next as Entry) waiting.push(entry);
      }
      cursor = Math.floor(nowMs);
      for (const entry of waiting) add(entry, entry.atMs + byMs);
    },
    /** Runs every entry due at `nowMs`, in order of their milliseconds. An entry added meanwhile waits for the next call. */
    expire: (nowMs: number): void => {
      const last = Math.floor(nowMs);
      if (last < cursor) cursor = last;
      const first = Math.max(cursor, last - SLOTS + 1);
      for (let millisecond = first; millisecond <= last; millisecond++) collect(slotOf(millisecond), nowMs);
      cursor = last;
      for (let entry = due.next as Entry; entry !== due; entry = due.next as Entry) {
        unlink(entry);
        entry.run(nowMs, entry.owner);
      }
    },
    /** When to call `expire` next: the earliest entry, or the end of this turn of the wheel. */
    nextAtMs: (): number => {
      for (let millisecond = cursor; millisecond < cursor + SLOTS; millisecond++) {
        const head = listAt(slotOf(millisecond));
        if (!head) continue;
        let earliestMs = Number.POSITIVE_INFINITY;
        for (let entry = head.next as Entry; entry !== head; entry = entry.next as Entry)
          if (entry.atMs < earliestMs) earliestMs = entry.atMs;
        if (earliestMs < millisecond + 1) return earliestMs;
      }
      return cursor + SLOTS;
    },
  };
};
