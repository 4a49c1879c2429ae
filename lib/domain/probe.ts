import type { Endpoint } from './endpoint.ts';
import type { ProbeResult } from './result.ts';

/** Checks one endpoint once. Never throws or rejects. An aborted signal ends the check soon, as
 *  `timeout`: whoever calls aborts it after `endpoint.timeoutMs`. */
export type Probe = (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeResult>;
