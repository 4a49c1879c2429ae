import { setFlagsFromString } from 'node:v8';
import type { Endpoint } from '../domain/endpoint.ts';

/** To be called before the first check. When thousands of checks are in flight at once, at a start or in a storm, V8
 *  learns that what a check makes lives long, and from then on puts all of it among the old objects: 700 bytes of
 *  garbage a check that only a full collection removes. At 10,000 endpoints a second that is 130 MB and pauses of 20 to
 *  50 ms; so it is not to learn that. */
export const keepHeapSteady = (): void => setFlagsFromString('--no-allocation-site-pretenuring');

/** On average over all endpoints. */
const SELDOM_MS = 30_000;

/** Those of a cron expression hardly count. */
const perMs = ({ schedule }: Endpoint): number => (schedule.kind === 'interval' ? 1 / schedule.everyMs : 0);

let keptSmall = false;

/** How far V8 lets old garbage grow, in all threads. Where checks are seldom, there is little of it: it is collected
 *  when it is a tenth of the heap, and its memory goes back to the system. Else 100,000 endpoints once a minute take
 *  200 MB more. Where they are frequent, collections would be too: 10,000 endpoints once a second were then 13 ms late in
 *  the 99th percentile instead of 2.7. */
export const fitHeapTo = (endpoints: readonly Endpoint[]): void => {
  const checksPerMs = endpoints.reduce((sum, endpoint) => sum + perMs(endpoint), 0);
  const areSeldom = checksPerMs * SELDOM_MS < endpoints.length;
  if (areSeldom === keptSmall) return;
  keptSmall = areSeldom;
  setFlagsFromString(areSeldom ? '--optimize-for-size' : '--no-optimize-for-size');
};
