import type { Clock } from '../../domain/clock.ts';
import { takeTurnsAt } from '../../engine/pacing/turns-at-rate.ts';
import type { Send } from '../../engine/ports/send.ts';

type Queue = {
  /** What lets each that waits go on, in order of arrival. */
  readonly waiting: Set<() => void>;
  readonly takeTurn: () => number;
  timed: boolean;
};

/** Each worker keeps to a target's rate by itself, so that few of its sends wait here; together they keep to it here. How
 *  many wait is bounded by the sends that each jobset has under way at once. */
export const withSharedRate = (clock: Clock, maxPerSecond: (target: string) => number, send: Send): Send => {
  const queues = new Map<string, Queue>();

  const queueTo = (target: string): Queue => {
    const known = queues.get(target);
    if (known) return known;
    const takeTurn = takeTurnsAt(clock, () => maxPerSecond(target));
    const queue: Queue = { waiting: new Set(), takeTurn, timed: false };
    queues.set(target, queue);
    return queue;
  };

  const pump = (queue: Queue): void => {
    for (const go of queue.waiting) {
      const waitMs = queue.takeTurn();
      if (waitMs > 0) {
        if (!queue.timed)
          clock.after(waitMs, () => {
            queue.timed = false;
            pump(queue);
          });
        queue.timed = true;
        return;
      }
      queue.waiting.delete(go);
      go();
    }
  };

  const turn = (target: string, signal: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      const queue = queueTo(target);
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.waiting.delete(go);
        go();
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.waiting.add(go);
      pump(queue);
    });

  return async (target, transition, signal) => {
    await turn(target, signal);
    if (signal.aborted)
      return { kind: 'failed', error: 'its worker ended before it was sent', afterMs: null };
    return send(target, transition, signal);
  };
};
