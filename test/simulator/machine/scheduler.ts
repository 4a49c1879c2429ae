import { createEventQueue, type SimulatedEvent } from './event-queue.ts';

/** So many events at one instant: somebody waits for something that no time brings. */
const MOST_AT_ONE_INSTANT = 20_000;

/** Resolves when no microtask is left: Node comes to ticks when all are done. A turn of the real loop takes six times as
 *  long. */
const settled = (): Promise<void> => new Promise(resolve => process.nextTick(resolve));

/** Events until the real loop turns once: without it, Node frees no signal that others follow. */
const REAL_TURN_AFTER = 500;

/** True time, in ms since the world began, and all that comes in it. What an event sets going is microtasks only, which all
 *  run before the next event, in the same order each time. */
export const createScheduler = () => {
  const queue = createEventQueue();
  let events = 0;
  let nowMs = 0;
  let atThisInstant = 0;

  return {
    nowMs: (): number => nowMs,
    at: (atMs: number, run: () => void): SimulatedEvent => queue.push(Math.max(atMs, nowMs), run),
    /** Rejects when time stands still. */
    runUntil: async (untilMs: number): Promise<void> => {
      while (queue.nextAtMs() <= untilMs) {
        const event = queue.next();
        if (!event?.run) continue;
        if (event.atMs > nowMs) atThisInstant = 0;
        else if (++atThisInstant > MOST_AT_ONE_INSTANT) throw new Error(`time stands still at ${nowMs} ms`);
        nowMs = event.atMs;
        event.run();
        await (++events % REAL_TURN_AFTER === 0 ? new Promise(setImmediate) : settled());
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
};

export type Scheduler = ReturnType<typeof createScheduler>;
