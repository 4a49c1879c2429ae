import { setImmediate } from 'node:timers/promises';
import { fitHeapTo } from '../../lib/process/steady-heap.ts';
import { endpointOf } from '../support/endpoints.ts';

/** Fits its heap to endpoints that are checked every so many milliseconds, and then makes some 300 MB of old garbage. */
const everyMs = Number(process.argv[2]);
fitHeapTo([endpointOf('shop', { schedule: { kind: 'interval', everyMs, failEveryMs: everyMs } })]);
let kept: object[] = [];
for (let round = 0; round < 150; round++) {
  kept = Array.from({ length: 50_000 }, (_, at) => ({ at, before: kept.length }));
  await setImmediate();
}
