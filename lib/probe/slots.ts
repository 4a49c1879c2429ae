/** At most `count` at once; the others wait in order. */
export type Slots = {
  /** false: the signal aborted first. Who got true calls `release` once. */
  readonly take: (signal: AbortSignal) => Promise<boolean>;
  readonly release: () => void;
};

export const createSlots = (count: number): Slots => {
  let free = count;
  const waiting = new Set<() => void>();
  return {
    take: signal => {
      if (signal.aborted) return Promise.resolve(false);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(true);
      }
      return new Promise(resolve => {
        const settle = (taken: boolean): void => {
          waiting.delete(proceed);
          signal.removeEventListener('abort', giveUp);
          resolve(taken);
        };
        const proceed = (): void => settle(true);
        const giveUp = (): void => settle(false);
        waiting.add(proceed);
        signal.addEventListener('abort', giveUp);
      });
    },
    release: () => {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else next();
    },
  };
};
