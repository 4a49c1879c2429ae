import { setFlagsFromString } from 'node:v8';
import type { Endpoint } from '../domain/endpoint.ts';
import { usualPeriodMs } from '../schedule/periods.ts';

/** To be called before the first check. When thousands of checks are in flight at once, at a start or in a storm, V8
 *  learns that what a check makes lives long, and from then on puts all of it among the old objects: 700 bytes of
 *  garbage a check that only a full collection removes. At 10,000 endpoints a second that is 130 MB and pauses of 20 to
 *  50 ms; so it is not to learn that. */
export const keepHeapSteady = (): void => setFlagsFromString('--no-allocation-site-pretenuring');

/** On average over all endpoints. */
const SELDOM_MS = 30_000;

/** How far V8 lets old garbage grow. Where checks are seldom, there is little of it: it is collected when it is a tenth
 *  of the heap, every half minute or so, and its memory goes back to the system. Else 100,000 endpoints once a minute
 *  take 250 MB more. Where they are frequent, collections would be too: 10,000 endpoints once a second were then 13 ms
 *  late in the 99th percentile instead of 2.7. */
export const fitHeapTo = (endpoints: readonly Endpoint[]): void => {
  const perMs = endpoints.reduce((sum, { schedule }) => sum + 1 / usualPeriodMs(schedule), 0);
  setFlagsFromString(perMs * SELDOM_MS > endpoints.length ? '--no-optimize-for-size' : '--optimize-for-size');
};
