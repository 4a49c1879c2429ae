import type { ManualClock } from './manual-clock.ts';

const MOST_STEPS = 5000;

/** Lets time pass by hand until something holds. Calls of a real store take real time: there is some in each step. */
export const passUntil = async (
  clock: ManualClock,
  holds: () => boolean | Promise<boolean>,
  stepMs = 10,
): Promise<void> => {
  for (let step = 0; !(await holds()); step++) {
    if (step > MOST_STEPS) throw new Error(`it did not come to hold: ${holds}`);
    await clock.advance(stepMs);
    await new Promise(resolve => setTimeout(resolve, 1));
  }
};
