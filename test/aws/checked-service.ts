import { setTimeout as sleep } from 'node:timers/promises';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

export type CheckedService = Awaited<ReturnType<typeof startCheckedService>>;

/** A service on loopback with any number of paths that are under check; it keeps the instant of each request. */
export const startCheckedService = async () => {
  const receiver = await startWebhookReceiver();
  const failing = new Set<string>();
  receiver.respondWith(({ path }) => (failing.has(path) ? 503 : 200));

  const instants = (path: string, fromMs = 0): readonly number[] =>
    receiver.requests
      .filter(request => request.path === path && request.arrivedAtMs >= fromMs)
      .map(({ arrivedAtMs }) => arrivedAtMs);

  return {
    url: receiver.url,
    /** From now on. */
    fail: (path: string): void => void failing.add(path),
    recover: (path: string): void => void failing.delete(path),
    instants,
    /** The longest time without a request from then until now. */
    longestGapMs: (path: string, fromMs: number): number => {
      const ends = [fromMs, ...instants(path, fromMs), nowMs()];
      return Math.max(...ends.slice(1).map((at, n) => at - (ends[n] ?? at)));
    },
    close: receiver.close,
  };
};

export const nowMs = (): number => performance.timeOrigin + performance.now();

/** Rejects when it does not hold within the time. */
export const until = async (
  what: string,
  withinMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await sleep(100);
  }
};
