/** The due instants in (lastDueMs, dueMs], every `everyMs` up to `dueMs`: the one that a check ran for, and those that
 *  were missed before it. Each waited until that check was done; to count only the one that ran would leave out the
 *  very instants at which the monitor was slow (coordinated omission). Returns how many there were. */
export const addWaits = (
  {
    lastDueMs,
    dueMs,
    everyMs,
  }: { readonly lastDueMs: number; readonly dueMs: number; readonly everyMs: number },
  doneMs: number,
  add: (waitedMs: number) => void,
): number => {
  const missed = Math.max(0, Math.round((dueMs - lastDueMs) / everyMs) - 1);
  for (let back = 0; back <= missed; back++) add(doneMs - dueMs + back * everyMs);
  return missed + 1;
};

/** How far each gap between two arrivals is from `everyMs`, seen from outside, where due instants are not known. A gap
 *  of several intervals stands also for the arrivals that are missing in it: 1000 ms at 100 ms is late by 900, 800, …
 *  100 ms. `missing` counts them. */
export const intervalErrors = (
  arrivals: readonly number[],
  everyMs: number,
): { readonly errorsMs: readonly number[]; readonly missing: number } => {
  const errorsMs: number[] = [];
  let missing = 0;
  for (let at = 1; at < arrivals.length; at++) {
    const lateMs = (arrivals[at] as number) - (arrivals[at - 1] as number) - everyMs;
    errorsMs.push(Math.abs(lateMs));
    for (let leftMs = lateMs - everyMs; leftMs >= 0; leftMs -= everyMs) {
      missing++;
      if (leftMs > 0) errorsMs.push(leftMs);
    }
  }
  return { errorsMs, missing };
};
