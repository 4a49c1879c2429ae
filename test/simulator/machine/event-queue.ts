/** What comes at an instant of true time. */
export type SimulatedEvent = {
  readonly atMs: number;
  readonly sequence: number;
  /** null: cancelled. */
  run: (() => void) | null;
};

const isBefore = (a: SimulatedEvent, b: SimulatedEvent): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);

/** A binary heap: in order of time, and of arrival where times are equal. */
export const createEventQueue = () => {
  const heap: SimulatedEvent[] = [];
  let sequence = 0;

  const rise = (event: SimulatedEvent, from: number): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as SimulatedEvent;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  };

  const earlierChild = (at: number): number => {
    const child = 2 * at + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    return left && right && isBefore(right, left) ? child + 1 : child;
  };

  const sink = (event: SimulatedEvent): void => {
    let at = 0;
    for (let child = earlierChild(0); child < heap.length; child = earlierChild(at)) {
      const below = heap[child] as SimulatedEvent;
      if (!isBefore(below, event)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = event;
  };

  return {
    push: (atMs: number, run: () => void): SimulatedEvent => {
      const event: SimulatedEvent = { atMs, sequence: sequence++, run };
      heap.push(event);
      rise(event, heap.length - 1);
      return event;
    },
    next: (): SimulatedEvent | null => {
      const [first] = heap;
      const last = heap.pop();
      if (!first || !last) return null;
      if (last !== first) sink(last);
      return first;
    },
    nextAtMs: (): number => heap[0]?.atMs ?? Number.POSITIVE_INFINITY,
  };
};
