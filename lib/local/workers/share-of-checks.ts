import { JOBSETS_A_WORKER } from './preferred-worker.ts';

/** Room for the share of one dead worker beside the own. */
const USUAL_JOBSETS = 2 * JOBSETS_A_WORKER;

/** How many checks one jobset more may have under way at once in a process that may have `mostAtOnce` in all: an equal
 *  share, and of a process that runs more than double its own a quarter of what is left. So the sum stays below. */
export const shareOfChecks = (mostAtOnce: number, shares: readonly number[]): number => {
  const left = mostAtOnce - shares.reduce((sum, share) => sum + share, 0);
  return Math.max(1, Math.floor(Math.min(mostAtOnce / USUAL_JOBSETS, left / JOBSETS_A_WORKER)));
};
