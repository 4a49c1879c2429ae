import type { Endpoint } from './endpoint.ts';
import type { ProbeResult } from './result.ts';

/** Checks one endpoint once. Never throws or rejects. An aborted signal ends the check soon, as
 *  `timeout`: whoever calls aborts it after `limitMs(endpoint)`. One that was not aborted may come again with the
 *  endpoint's next check. */
export type Probe = (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeResult>;

const KILL_GRACE_MS = 1000;

/** How long a check may take at most. A process is interrupted and killed by its own times; the limit is behind them. */
export const limitMs = ({ check, timeoutMs }: Endpoint): number =>
  check.scheme === 'exec' ? Math.max(timeoutMs, check.killAfterMs) + KILL_GRACE_MS : timeoutMs;
