import { setImmediate } from 'node:timers/promises';

/** Work that may rest at each `yield`. */
export type Resumable<T> = Generator<undefined, T>;

export const atOnce = <T>(resumable: Resumable<T>): T => {
  for (;;) {
    const { done, value } = resumable.next();
    if (done) return value;
  }
};

/** Lets all that is due meanwhile go first, after each step. */
export const inTurns = async <T>(resumable: Resumable<T>): Promise<T> => {
  for (;;) {
    const { done, value } = resumable.next();
    if (done) return value;
    await setImmediate();
  }
};
