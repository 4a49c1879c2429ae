import { setFlagsFromString } from 'node:v8';

/** To be called before the first check. When thousands of checks are in flight at once, at a start or in a storm, V8
 *  learns that what a check makes lives long, and from then on puts all of it among the old objects: 700 bytes of
 *  garbage a check that only a full collection removes. At 10,000 endpoints a second that is 130 MB and pauses of 20 to
 *  50 ms; so it is not to learn that. */
export const keepHeapSteady = (): void => setFlagsFromString('--no-allocation-site-pretenuring');
