import type { Clock } from '../../domain/clock.ts';
import { createRateLimit } from '../../engine/pacing/rate-limit.ts';
import type { Send } from '../../engine/ports/send.ts';

type Queue = {
  /** Of each that waits, in order of arrival: what lets it go on. */
  readonly waiting: Set<() => void>;
  rate: number;
  limit: ReturnType<typeof createRateLimit>;
  timed: boolean;
};

/** Each worker keeps to a target's rate by itself; together they keep to it here. How many wait is bounded by the sends
 *  that each jobset has under way at once. */
export const withSharedRate = (clock: Clock, maxPerSecond: (target: string) => number, send: Send): Send => {
  const queues = new Map<string, Queue>();

  const queueTo = (target: string): Queue => {
    const rate = maxPerSecond(target);
    const known = queues.get(target);
    if (known?.rate === rate) return known;
    const queue = known ?? { waiting: new Set(), rate, limit: createRateLimit(rate), timed: false };
    if (known) Object.assign(known, { rate, limit: createRateLimit(rate) });
    queues.set(target, queue);
    return queue;
  };

  const pump = (target: string): void => {
    const queue = queueTo(target);
    for (const go of queue.waiting) {
      const waitMs = queue.limit.take(clock.nowMs());
      if (waitMs > 0) {
        if (!queue.timed)
          clock.after(waitMs, () => {
            queue.timed = false;
            pump(target);
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
      const { waiting } = queueTo(target);
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(go);
        go();
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(go);
      pump(target);
    });

  return async (target, transition, signal) => {
    await turn(target, signal);
    if (signal.aborted)
      return { kind: 'failed', error: 'its worker ended before it was sent', afterMs: null };
    return send(target, transition, signal);
  };
};
