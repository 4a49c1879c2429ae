import type { Endpoint } from './endpoint.ts';
import type { ProbeResult } from './result.ts';

/** Checks one endpoint once. Never throws. An aborted signal ends the check soon, as `timeout`: whoever runs it aborts
 *  it after `limitMs(endpoint)`. One that was not aborted may come again with the next check. */
export type RunCheck = (signal: AbortSignal) => void;

/** Prepares the checks of one endpoint, which are run one at a time. Each calls `done` with what came of it: once, and
 *  not before it returns. No promise: what is made for each check lives until its end, and of thousands in flight the
 *  garbage collector copied all, 7 of 33 µs a check. */
export type Probe = (endpoint: Endpoint, done: (result: ProbeResult) => void) => RunCheck;

const KILL_GRACE_MS = 1000;

/** How long a check may take at most. A process is interrupted and killed by its own times; the limit is behind them. */
export const limitMs = ({ check, timeoutMs }: Endpoint): number =>
  check.scheme === 'exec' ? Math.max(timeoutMs, check.killAfterMs) + KILL_GRACE_MS : timeoutMs;
