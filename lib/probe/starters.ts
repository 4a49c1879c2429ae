import type { Starter } from './process-group.ts';

/** At most so many starters; who comes while all are busy waits in order. */
export type Starters = {
  /** null: the signal aborted first. Who got one calls `release` once. */
  readonly take: (signal: AbortSignal) => Promise<Starter | null>;
  readonly release: (starter: Starter) => void;
  /** Ends those that are idle now, and the others when they are released. */
  readonly close: () => void;
};

/** `open` is called when all are busy, for one at a time: opening many at once would stall the event loop. */
export const createStarters = (count: number, open: () => Promise<Starter>): Starters => {
  const idle: Starter[] = [];
  const waiting = new Set<(starter: Starter) => void>();
  let opened = 0;
  let opening = false;
  let closed = false;

  const openMore = (): void => {
    if (opening || opened === count || waiting.size === 0) return;
    opening = true;
    opened += 1;
    // Not from where a program ended: a monitor that only starts programs would have no time for its timers.
    setImmediate(async () => {
      const starter = await open();
      opening = false;
      release(starter);
      openMore();
    });
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
