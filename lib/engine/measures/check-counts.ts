import type { FailureReason } from '../../domain/result.ts';
import type { CheckReport } from '../events/observer.ts';

/** Checks by what came of them, and the requests that were sent once more. What never was is not there. */
export type CheckCounts = { [what in 'ok' | FailureReason | 'retries']?: number };

export const countCheck = (counts: CheckCounts, { result }: CheckReport): void => {
  const what = result.reason ?? 'ok';
  counts[what] = (counts[what] ?? 0) + 1;
  if (result.retries > 0) counts.retries = (counts.retries ?? 0) + result.retries;
};

export const addCounts = (counts: CheckCounts, more: Readonly<CheckCounts>): void => {
  for (const what of Object.keys(more) as (keyof CheckCounts)[])
    counts[what] = (counts[what] ?? 0) + (more[what] ?? 0);
};
