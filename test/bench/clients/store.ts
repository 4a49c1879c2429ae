import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../lib/domain/clock.ts';
import type { ProbeResult } from '../../../lib/domain/result.ts';
import { createWorker } from '../../../lib/engine/term/worker.ts';
import { openStoreThread } from '../../../lib/local/store/store-thread.ts';
import { endpointOf, failure, success, targetOf } from '../../support/endpoints.ts';
import { probeOf } from '../../support/promised.ts';
import { percentilesOf } from '../arithmetic/percentile.ts';
import type { Sample } from '../benchmark.ts';

export type StoreParams = { readonly dataDir: string; readonly count: number };

const EVERY_MS = 250;
const WITHIN_MS = 60_000;

/** A whole worker on the database on disk, whose checks cost nothing and whose receiver takes all: all rules change at
 *  once, and each change is saved, delivered and acknowledged. */
export const runStore = async ({ dataDir, count }: StoreParams): Promise<Sample> => {
  const stores = await openStoreThread({ dataDir }, () => {});
  if (stores.kind !== 'open') throw new Error(stores.error);
  await stores.housekeeping.prepare('bench');
  let result: ProbeResult = success;
  let brokeAtMs = 0;
  let saved = 0;
  const deliveredAfterMs: number[] = [];
  const seen = new Set<string>();

  const schedule = { kind: 'interval', everyMs: EVERY_MS, failEveryMs: EVERY_MS } as const;
  const targets = [targetOf('pager', { maxPerSecond: 100_000 })];
  const endpoints = Array.from({ length: count }, (_, at) =>
    endpointOf(`rule-${at}`, { schedule, targets: targets.map(({ name }) => name) }),
  );
  const worker = createWorker(
    {
      clock: systemClock,
      random: Math.random,
      ...stores,
      probe: probeOf(async () => result),
      send: async (_, { id, state }) => {
        if (state === 'fail' && !seen.has(id)) deliveredAfterMs.push(performance.now() - brokeAtMs);
        seen.add(id);
        return { kind: 'accepted' };
      },
      observer: {
        onTransition: ({ state }) => {
          if (state === 'fail') saved++;
        },
      },
      maxInFlight: 1000,
      owner: randomUUID(),
      jobset: 'bench',
      release: 'bench',
      deadlineAtMs: null,
    },
    { endpoints, targets },
  );
  const over = new AbortController();
  const running = worker.run('insist', over.signal);
  // First checks come one by one.
  while (worker.status().unknown > 0) await sleep(100);
  await sleep(500);

  const cpuBefore = process.cpuUsage();
  brokeAtMs = performance.now();
  result = failure;
  while (deliveredAfterMs.length < count && performance.now() < brokeAtMs + WITHIN_MS) await sleep(5);
  const wallMs = performance.now() - brokeAtMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const delivered = deliveredAfterMs.length;
  over.abort();
  await running;
  await stores.close();
  return {
    operations: delivered,
    wallMs,
    cpuMs: (user + system) / 1000,
    latency: percentilesOf(deliveredAfterMs),
    peakBytes: process.resourceUsage().maxRSS * 1024,
    facts: { saved, delivered },
    failures: null,
  };
};
