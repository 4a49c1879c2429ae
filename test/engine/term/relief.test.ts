import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Database } from '../../../lib/aws/dynamodb-client.ts';
import { createLeaseStore } from '../../../lib/aws/lease-store.ts';
import { sleepWith } from '../../../lib/domain/clock.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf, failure, success, targetName, targetOf } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';
import { type RunningWorker, runWorker, type WorkerOptions } from '../../support/running-worker.ts';

/** Workers as a schedule of one minute starts them: each relieves the one before when there is reason to. */

let dynamodb: TestDynamodb;
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
});
afterAll(() => dynamodb.close());

let clock: ManualClock;
let db: Database;
let running: RunningWorker[] = [];
beforeEach(async () => {
  for (const { stop } of running) stop();
  running = [];
  clock = manualClock();
  db = await dynamodb.newDatabase(clock);
});

const MINUTE_MS = 60_000;
const shop = endpointOf('shop', {}, { failureThreshold: 100_000 });

const invoke = (owner: string, options: Partial<WorkerOptions> = {}): RunningWorker => {
  const worker = runWorker({
    clock,
    db,
    owner,
    endpoints: [shop],
    targets: [],
    probe: () => success,
    claim: 'relieve',
    deadlineAtMs: clock.nowMs() + 15 * MINUTE_MS,
    ...options,
  });
  running.push(worker);
  return worker;
};

/** A worker that can be cut off from its store, and whose process can die: then no timer fires any more either. */
const mortal = () => {
  let isCutOff = false;
  let isDead = false;
  const client: Database['client'] = Object.create(db.client, {
    send: {
      value: async (...call: Parameters<Database['client']['send']>) => {
        if (isCutOff) throw new Error('connection refused');
        return db.client.send(...call);
      },
    },
  });
  const after: ManualClock['after'] = (ms, run) => clock.after(ms, () => !isDead && run());
  return {
    options: { db: { ...db, client }, clock: { ...clock, after, sleep: sleepWith(after) } },
    die: () => {
      isDead = true;
      isCutOff = true;
    },
    cutOff: () => {
      isCutOff = true;
    },
    reconnect: () => {
      isCutOff = false;
    },
  };
};

test('an invocation leaves a worker that does well, at once', async () => {
  const first = invoke('a');
  await passUntil(clock, () => first.seen.checks.length > 10);
  const atMs = clock.nowMs();
  const second = invoke('b');
  await passUntil(clock, () => second.seen.ended);
  expect(clock.nowMs() - atMs).toBeLessThan(500);
  expect(second.seen.begun).toBe(0);
  const before = first.seen.checks.length;
  await passUntil(clock, () => first.seen.checks.length > before + 40);
  expect(first.seen.ended).toBe(false);
});

test('a worker near its deadline is relieved: the gap is below a second, no streak is lost', async () => {
  const first = invoke('a', { deadlineAtMs: clock.nowMs() + 2 * MINUTE_MS, probe: () => failure });
  await passUntil(clock, () => first.seen.checks.length > 10);
  const second = invoke('b', { probe: () => failure });
  await passUntil(clock, () => second.seen.checks.length > 10);
  expect(first.seen.ended).toBe(true);
  expect(Math.min(...second.seen.checks) - Math.max(...first.seen.checks)).toBeLessThan(1000);
  const total = first.seen.results.length + second.seen.results.length;
  expect(second.worker.endpoint('shop')?.state.streak).toBe(total);
});

test.each([
  ['another config', { endpoints: [shop, endpointOf('added')] }],
  ['another release of the code', { release: 'r2' }],
])('%s takes force: the worker that ran before hands over', async (_, changed) => {
  const first = invoke('a');
  await passUntil(clock, () => first.seen.checks.length > 10);
  const second = invoke('b', changed);
  await passUntil(clock, () => second.seen.checks.length > 10);
  expect(first.seen.ended).toBe(true);
  expect(Math.min(...second.seen.checks) - Math.max(...first.seen.checks)).toBeLessThan(1000);
});

test('only lines that moved are no other config', async () => {
  const first = invoke('a');
  await passUntil(clock, () => first.seen.checks.length > 10);
  const second = invoke('b', { endpoints: [{ ...shop, source: 'test.yml:99' }] });
  await passUntil(clock, () => second.seen.ended);
  expect(second.seen.begun).toBe(0);
});

test('a dead worker is replaced by the invocation that finds its renewals late, without another minute', async () => {
  const { options, die } = mortal();
  const first = invoke('a', options);
  await passUntil(clock, () => first.seen.checks.length > 10);
  die();
  const diedAtMs = clock.nowMs();
  await clock.advance(5000);
  const second = invoke('b');
  await passUntil(clock, () => second.seen.begun === 1);
  expect(clock.nowMs() - diedAtMs).toBeLessThan(11_000);
});

test('of two that wait to relieve a worker one takes over and the other leaves', async () => {
  const first = invoke('a');
  await passUntil(clock, () => first.seen.checks.length > 10);
  const next = ['b', 'c'].map(owner => invoke(owner, { release: 'r2' }));
  await passUntil(clock, () => next.some(({ seen }) => seen.begun === 1));
  await passUntil(clock, () => next.some(({ seen }) => seen.ended));
  await clock.advance(10_000);
  expect(next.filter(({ seen }) => seen.begun === 1 && !seen.ended)).toHaveLength(1);
});

test('a worker of the old config never sends away one of the new that took over meanwhile', async () => {
  const first = invoke('a', { deadlineAtMs: clock.nowMs() + MINUTE_MS });
  await passUntil(clock, () => first.seen.checks.length > 10);
  const old = invoke('old');
  const renewed = invoke('new', { release: 'r2' });
  await passUntil(clock, () => old.seen.ended, 50);
  await passUntil(clock, () => renewed.seen.checks.length > 20);
  expect(renewed.seen.ended).toBe(false);
});

test('a worker that was cut off and comes back leaves the one that took over, whatever config it runs', async () => {
  const { options, cutOff, reconnect } = mortal();
  const first = invoke('a', options);
  await passUntil(clock, () => first.seen.checks.length > 10);
  cutOff();
  await clock.advance(5000);
  const second = invoke('b', { release: 'r2' });
  await passUntil(clock, () => second.seen.begun === 1);
  reconnect();
  await passUntil(clock, () => first.seen.ended, 50);
  await clock.advance(5000);
  expect(second.seen.ended).toBe(false);
});

test('whoever takes only what is free asks nobody for it', async () => {
  const first = invoke('a', { deadlineAtMs: clock.nowMs() + MINUTE_MS });
  await passUntil(clock, () => first.seen.checks.length > 10);
  const second = invoke('b', { release: 'r2', claim: 'if-free' });
  await passUntil(clock, () => second.seen.ended);
  const before = first.seen.checks.length;
  await passUntil(clock, () => first.seen.checks.length > before + 50);
  expect(first.seen.ended).toBe(false);
});

test('a hand-over does not wait for a target that does not answer', async () => {
  const told = {
    endpoints: [endpointOf('shop', { targets: [targetName('ops')] })],
    targets: [targetOf('ops')],
  };
  const send = () => new Promise<never>(() => {});
  const deadlineAtMs = clock.nowMs() + 2 * MINUTE_MS;
  const first = invoke('a', { ...told, send, deadlineAtMs, probe: () => failure });
  await passUntil(clock, () => first.seen.transitions.length === 1);
  const second = invoke('b', { ...told, probe: () => failure });
  await passUntil(clock, () => second.seen.sent.length === 1);
  await passUntil(clock, () => second.seen.checks.length > 10);
  expect(Math.min(...second.seen.checks) - Math.max(...first.seen.checks)).toBeLessThan(1000);
});

test('a worker without a deadline is left alone', async () => {
  const first = invoke('a', { deadlineAtMs: null });
  await passUntil(clock, () => first.seen.checks.length > 10);
  const second = invoke('b');
  await passUntil(clock, () => second.seen.ended);
  expect(second.seen.begun).toBe(0);
  expect(first.seen.ended).toBe(false);
});

test('who waits for a lease leaves it to a third that was faster and runs a newer config', async () => {
  const leases = createLeaseStore(db);
  const acquire = (owner: string, configHash: string, deadlineAtMs: number | null) =>
    leases.acquire({ jobset: 'local', owner, configHash, deadlineAtMs, ttlMs: 10_000 }, clock.nowMs(), never);
  const first = await acquire('first', 'older', null);
  const second = invoke('second');
  await passUntil(
    clock,
    async () => (await leases.read(['local'], never)).get('local')?.lease.handOverRequested === true,
  );
  await leases.release(first.lease, null, never);
  await acquire('third', 'newer', null);
  await passUntil(clock, () => second.seen.ended);
  const lease = (await leases.read(['local'], never)).get('local')?.lease;
  expect(lease).toMatchObject({ owner: 'third', handOverRequested: false });
});

test('of what a dead worker left, the ticks since its last renewal are missed', async () => {
  const { options, die } = mortal();
  const first = invoke('a', options);
  await passUntil(clock, () => first.seen.checks.length > 100);
  die();
  await clock.advance(5000);
  const second = invoke('b');
  await passUntil(clock, () => second.seen.checks.length > 5);
  const missed = second.worker.endpoint('shop')?.ticks.missed;
  expect(missed).toBeGreaterThan(50);
  expect(missed).toBeLessThan(140);
});

test('what a dead worker watched until its last renewal is no silence, though no checkpoint tells of it', async () => {
  const calm = endpointOf('shop', {}, { staleAfterMs: 15_000 });
  const { options, die } = mortal();
  const first = invoke('a', { ...options, endpoints: [calm] });
  await passUntil(clock, () => first.seen.checks.length > 100);
  die();
  await clock.advance(5000);
  const second = invoke('b', { endpoints: [calm] });
  await passUntil(clock, () => second.seen.checks.length > 5);
  expect(second.seen.transitions.map(({ kind }) => kind)).not.toContain('unknown');
});

describe('through minutes of invocations, deaths and redeploys', () => {
  const minute = fc.record({
    slackMs: fc.nat(MINUTE_MS - 1),
    twice: fc.boolean(),
    event: fc.constantFrom('none', 'none', 'none', 'death', 'redeploy'),
  });

  test('no endpoint is checked by two workers at a time, and a dead one is replaced within two minutes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(minute, { minLength: 8, maxLength: 8 }), async minutes => {
        for (const { stop } of running) stop();
        running = [];
        clock = manualClock();
        db = await dynamodb.newDatabase(clock);
        const slow = endpointOf('shop', { schedule: { kind: 'interval', everyMs: 1000, failEveryMs: 1000 } });
        let release = 'r0';
        let alive: { worker: RunningWorker; die: () => void }[] = [];
        const start = (name: string) => {
          const { options, die } = mortal();
          const deadlineAtMs = clock.nowMs() + 4 * MINUTE_MS;
          const worker = invoke(name, { ...options, release, endpoints: [slow], deadlineAtMs });
          alive.push({ worker, die });
        };
        let elapsedMs = 0;
        const until = async (ms: number) => {
          for (; elapsedMs < ms; elapsedMs += 200) {
            await clock.advance(200);
            await new Promise(resolve => setTimeout(resolve, 1));
          }
        };
        for (const [index, { slackMs, twice, event }] of minutes.entries()) {
          await until(index * MINUTE_MS + slackMs);
          if (event === 'redeploy') release = `r${index}`;
          start(`${index}`);
          if (twice) start(`${index}-again`);
          await until(index * MINUTE_MS + slackMs + 500);
          if (event === 'death') {
            for (const { worker, die } of alive) if (!worker.seen.ended) die();
            alive = [];
          }
          for (const { worker } of alive)
            if (worker.seen.ended) alive = alive.filter(one => one.worker !== worker);
        }
        await until((minutes.length + 2) * MINUTE_MS);
        const checks = running.flatMap(({ seen }) => seen.checks).sort((a, b) => a - b);
        const instants = checks.map(atMs => Math.floor(atMs / 1000));
        expect(new Set(instants).size).toBe(instants.length);
        const gaps = checks.slice(1).map((atMs, n) => atMs - (checks[n] ?? 0));
        const deaths = minutes.filter(({ event }) => event === 'death').length;
        expect(gaps.filter(gap => gap > 3000).length).toBeLessThanOrEqual(deaths + 1);
      }),
      { numRuns: 3 },
    );
  }, 120_000);
});
