/** A dead worker's share goes to several others, not to one. */
export const JOBSETS_A_WORKER = 4;

/** Which of the ready workers, counted from 1, runs a jobset: the one whose it is, while that one is away one of the others. Nothing
 *  else moves when a worker dies or comes back. null: none is ready. */
export const workerFor = (jobset: number, workers: number, ready: readonly number[]): number | null => {
  const own = (jobset % workers) + 1;
  if (ready.includes(own)) return own;
  return ready[Math.floor(jobset / workers) % ready.length] ?? null;
};
