import type { RuleQueue } from './rule-queue.ts';

/** The target is down while so many rules have failed and it has taken nothing since. */
const DOWN_FROM = 10;

/** Rules that a target failed to take something of, and of which it is not known yet whose fault that is. A delivery
 *  that began after the failure and is accepted tells: the target works. At most one entry a rule. */
export const createDoubtfulRules = () => {
  /** In order of failure. */
  const queues = new Set<RuleQueue>();
  /** Starts and failures, counted: two within one millisecond have an order too. */
  let events = 0;

  return {
    startedAt: (): number => ++events,
    failed: (queue: RuleQueue): void => {
      queue.failedAt = ++events;
      queues.delete(queue);
      queues.add(queue);
    },
    isDown: (): boolean => queues.size >= DOWN_FROM,
    all: (): ReadonlySet<RuleQueue> => queues,
    remove: (queue: RuleQueue): boolean => queues.delete(queue),
    /** A delivery that began at `startedAt` was accepted: those that failed before are doubtful no more. Of one that is on
     *  its way the outcome tells. */
    takeCleared: (startedAt: number): readonly RuleQueue[] => {
      const cleared: RuleQueue[] = [];
      for (const queue of queues) {
        if (queue.failedAt > startedAt) break;
        if (queue.isTried) continue;
        queues.delete(queue);
        cleared.push(queue);
      }
      return cleared;
    },
    /** Rule that is to be tried next: the one that failed first, among those that the receiver did not ask to wait. */
    next: (nowMs: number): RuleQueue | undefined =>
      queues.values().find(queue => !queue.isTried && queue.notBeforeMs <= nowMs),
    /** From when on there is one. */
    nextAtMs: (): number => {
      let atMs = Number.POSITIVE_INFINITY;
      for (const { notBeforeMs } of queues) if (notBeforeMs < atMs) atMs = notBeforeMs;
      return atMs;
    },
  };
};
