import type { Clock } from '../../domain/clock.ts';
import type { Starter } from './process-group.ts';

/** At most so many starters; who comes while all are busy waits in order. */
export type Starters = {
  /** null: the signal aborted first. Who got one calls `release` once. */
  readonly take: (signal: AbortSignal) => Promise<Starter | null>;
  readonly release: (starter: Starter) => void;
  /** Ends those that are idle now, and the others when they are released. */
  readonly close: () => void;
};

/** Opening one blocks the event loop for 2 ms, and for 22 when the monitor has 500 MB: rather wait for short programs. */
const OPEN_AFTER_MS = 1;

/** `open` never rejects. It is called for one at a time. */
export const createStarters = (clock: Clock, count: number, open: () => Promise<Starter>): Starters => {
  const idle: Starter[] = [];
  const waiting = new Set<(starter: Starter) => void>();
  let opened = 0;
  let opening = false;
  let closed = false;

  const openNext = async (): Promise<void> => {
    opened += 1;
    const starter = await open();
    opening = false;
    release(starter);
    openMore();
  };
  const openMore = (): void => {
    if (opening || opened === count || waiting.size === 0) return;
    opening = true;
    const [longest] = waiting;
    const openIfNeeded = (): void => {
      if (longest !== undefined && waiting.has(longest)) return void openNext();
      opening = false;
      openMore();
    };
    // Never from where a program ended: a monitor that only starts programs would have no time for its timers.
    if (opened === 0) setImmediate(openIfNeeded);
    else clock.after(OPEN_AFTER_MS, openIfNeeded);
  };

  const release = (starter: Starter): void => {
    if (!starter.isUsable()) {
      opened -= 1;
      return openMore();
    }
    const [next] = waiting;
    if (next !== undefined) return next(starter);
    if (!closed) idle.push(starter);
    else {
      opened -= 1;
      starter.close();
    }
  };

  const takeIdle = (): Starter | null => {
    for (let starter = idle.pop(); starter !== undefined; starter = idle.pop()) {
      if (starter.isUsable()) return starter;
      opened -= 1;
    }
    return null;
  };

  return {
    take: signal => {
      if (signal.aborted) return Promise.resolve(null);
      const starter = takeIdle();
      if (starter !== null) return Promise.resolve(starter);
      return new Promise(resolve => {
        const settle = (taken: Starter | null): void => {
          waiting.delete(proceed);
          signal.removeEventListener('abort', giveUp);
          resolve(taken);
        };
        const proceed = (taken: Starter): void => settle(taken);
        const giveUp = (): void => settle(null);
        waiting.add(proceed);
        signal.addEventListener('abort', giveUp);
        openMore();
      });
    },
    release,
    close: () => {
      closed = true;
      for (const starter of idle.splice(0)) {
        opened -= 1;
        starter.close();
      }
    },
  };
};
