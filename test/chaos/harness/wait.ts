import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 50;

/** The first value that is not null, or null when there was none in time. */
export const within = async <T>(
  limitMs: number,
  look: () => T | null | Promise<T | null>,
  everyMs = EVERY_MS,
): Promise<T | null> => {
  for (const untilMs = performance.now() + limitMs; ; ) {
    const found = await look();
    if (found !== null || performance.now() >= untilMs) return found;
    await sleep(everyMs);
  }
};

/** Whether it came to hold in time. */
export const holdsWithin = async (
  limitMs: number,
  holds: () => boolean | Promise<boolean>,
  everyMs = EVERY_MS,
): Promise<boolean> => (await within(limitMs, async () => ((await holds()) ? true : null), everyMs)) ?? false;
