import { createEventQueue, type SimulatedEvent } from './event-queue.ts';

/** So many events at one instant: somebody waits for something that no time brings. */
const MOST_AT_ONE_INSTANT = 20_000;

/** True time, in ms since the world began, and all that comes in it. What an event sets going is microtasks only: a turn
 *  of the real loop runs all of them before the next event, in the same order each time. */
export const createScheduler = () => {
  const queue = createEventQueue();
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
        await new Promise(setImmediate);
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
};

export type Scheduler = ReturnType<typeof createScheduler>;
