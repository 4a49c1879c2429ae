import v8 from 'node:v8';
import { expect, test } from '@jest/globals';
import { createHistory } from '../../../lib/aws/history.ts';
import { createLeaseStore } from '../../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import { type Clock, systemClock } from '../../../lib/domain/clock.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import { createWorker } from '../../../lib/engine/term/worker.ts';
import { askWith, failed, measured } from '../../../lib/probe/answer/answer.ts';
import { createProbes, probeWith } from '../../../lib/probe/probes.ts';
import { httpCheck } from '../../probe/asking.ts';
import { openTestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf } from '../../support/endpoints.ts';
import { answering, hostileServer } from '../../support/hostile-server.ts';

const ENDPOINTS = 25;
const EVERY_MS = 20;
const WARM_UP = 500;
const MEASURED = 1000;

const ANSWER =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"status":"ok"}';

const endpointsAt = (url: string): readonly Endpoint[] =>
  Array.from({ length: ENDPOINTS }, (_, at) =>
    endpointOf(`shop-${at}`, {
      schedule: { kind: 'interval', everyMs: EVERY_MS, failEveryMs: EVERY_MS },
      timeoutMs: 5000,
      jsonValues: ['status'],
      successTests: [{ kind: 'cel', expression: 'status_code == 200 && json.status == "ok"' }],
      check: httpCheck(url),
    }),
  );

/** Calls of every function in it, counted. */
const counting = <Calls extends object>(
  calls: Calls,
): { readonly calls: Calls; readonly count: () => number } => {
  let count = 0;
  const counted = Object.entries(calls).map(([name, call]) => [
    name,
    (...parameters: readonly unknown[]) => {
      count++;
      return call(...parameters);
    },
  ]);
  return { calls: Object.fromEntries(counted) as Calls, count: () => count };
};

test('a thousand checks of a healthy service make no connection, hardly a call of the store and few objects', async () => {
  await using server = await hostileServer(answering(ANSWER));
  const dynamodb = await openTestDynamodb();
  const db = await dynamodb.newDatabase();
  const timers = counting({ after: systemClock.after });
  const clock: Clock = { ...systemClock, after: timers.calls.after };
  const store = counting({ ...createRuleStore(db), ...createLeaseStore(db), ...createHistory(db) });
  const probes = createProbes({ clock, readSecret: () => null, environment: {}, version: '1', maxKept: 100 });
  const self = askWith(async () => failed(measured(0), { reason: 'internal', error: 'not here' }));

  let checks = 0;
  let failures = 0;
  let heapBytes = 0;
  let allocatedBytes = 0;
  let before = { timers: 0, store: 0, connections: 0 };
  const stop = new AbortController();
  const onCheck = ({ result }: { readonly result: { readonly ok: boolean } }): void => {
    checks++;
    if (!result.ok) failures++;
    const bytes = v8.getHeapStatistics().used_heap_size;
    // A collection makes it smaller: what was allocated since the check before is not known then.
    if (checks > WARM_UP) allocatedBytes += Math.max(0, bytes - heapBytes);
    heapBytes = bytes;
    if (checks === WARM_UP)
      before = { timers: timers.count(), store: store.count(), connections: server.accepted() };
    if (checks === WARM_UP + MEASURED) stop.abort();
  };
  const worker = createWorker(
    {
      clock,
      random: Math.random,
      store: store.calls,
      leases: store.calls,
      history: store.calls,
      probe: probeWith({ ...probes.asks, self }),
      send: async () => ({ kind: 'accepted' }),
      observer: { onCheck },
      maxInFlight: 100,
      owner: 'a',
      jobset: 'local',
      release: '1',
      deadlineAtMs: null,
    },
    { endpoints: endpointsAt(`http://127.0.0.1:${server.port}/`), targets: [] },
  );
  const running = worker.run('insist', stop.signal);
  await new Promise<void>(resolve => stop.signal.addEventListener('abort', () => resolve()));
  const work = {
    timersACheck: (timers.count() - before.timers) / MEASURED,
    storeCalls: store.count() - before.store,
    connections: server.accepted() - before.connections,
    kilobytesACheck: allocatedBytes / 1000 / MEASURED,
  };
  await running;
  probes.close();
  await dynamodb.close();

  expect(failures).toBe(0);
  expect(work.connections).toBe(0);
  // The lease, a checkpoint, and the history of the first transitions.
  expect(work.storeCalls).toBeLessThan(40);
  // The wheel's own, one for all that is due in a millisecond.
  expect(work.timersACheck).toBeLessThan(1.5);
  expect(work.kilobytesACheck).toBeGreaterThan(0);
  expect(work.kilobytesACheck).toBeLessThan(20);
});
