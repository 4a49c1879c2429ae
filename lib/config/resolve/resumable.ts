import { setImmediate } from 'node:timers/promises';

/** Work that may rest at each `yield`. */
export type Steps<T> = Generator<undefined, T>;

export const atOnce = <T>(steps: Steps<T>): T => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

/** Lets all that is due meanwhile go first, after each step. */
export const inTurns = async <T>(steps: Steps<T>): Promise<T> => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await setImmediate();
  }
};
