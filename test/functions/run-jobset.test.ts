import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readDeployed } from '../../functions/deployed.ts';
import { runJobset } from '../../functions/run-jobset.ts';
import type { Wired } from '../../functions/wiring.ts';
import type { Database } from '../../lib/aws/dynamodb-client.ts';
import { createHistory } from '../../lib/aws/history.ts';
import { createLeaseStore } from '../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../lib/aws/rule-store.ts';
import type { Jobset } from '../../lib/domain/jobset.ts';
import type { Metric } from '../../lib/domain/metric.ts';
import type { Transition } from '../../lib/domain/transition.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../support/dynamodb.ts';
import { endpointId, endpointOf } from '../support/endpoints.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { passUntil } from '../support/pass-time.ts';

const MINUTE_MS = 60_000;
const every = (everyMs: number) =>
  ({ schedule: { kind: 'interval', everyMs, failEveryMs: everyMs }, status: 'always-success' }) as const;
const keyed = endpointOf('keyed', {
  schedule: { kind: 'interval', everyMs: MINUTE_MS, failEveryMs: MINUTE_MS },
  check: {
    scheme: 'http',
    url: 'http://127.0.0.1:9/',
    method: 'GET',
    headers: {},
    body: null,
    followRedirects: 0,
    basicAuth: null,
    bearerSecret: 'shop-token',
    maxBodyBytes: 1024,
    freshConnection: false,
    tls: { verify: true, servername: null, caFile: null },
  },
});
const jobsets: readonly Jobset[] = [
  { id: 'loop-0', kind: 'loop', config: { endpoints: [endpointOf('quick', every(1000))], targets: [] } },
  {
    id: 'burst-0',
    kind: 'burst',
    config: { endpoints: [endpointOf('slow', every(MINUTE_MS))], targets: [] },
  },
  {
    id: 'burst-1',
    kind: 'burst',
    config: { endpoints: [keyed, endpointOf('slow', every(MINUTE_MS))], targets: [] },
  },
];

let dynamodb: TestDynamodb;
let folder: string;
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
  folder = mkdtempSync(join(tmpdir(), 'peregrine-deployed-'));
  mkdirSync(join(folder, 'jobsets'));
  const write = (file: string, content: unknown) =>
    writeFileSync(join(folder, file), JSON.stringify(content));
  write('deployment.json', {
    release: 'r1',
    jobsets: jobsets.map(({ id, kind }) => ({ id, kind })),
    invalidFiles: [],
  });
  write('targets.json', []);
  for (const jobset of jobsets) write(`jobsets/${jobset.id}.json`, jobset);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await dynamodb.close();
});

let clock: ManualClock;
let db: Database;
let isAway = false;
let put: { readonly atMs: number; readonly metrics: readonly Metric[] }[];
let logged: string[];
let transitions: Transition[];
let wired: Wired;

beforeEach(async () => {
  clock = manualClock(1_790_000_040_000);
  const real = await dynamodb.newDatabase(clock);
  isAway = false;
  const client: Database['client'] = Object.create(real.client, {
    send: {
      value: async (...call: Parameters<Database['client']['send']>) => {
        if (isAway) throw new Error('connection refused');
        return real.client.send(...call);
      },
    },
  });
  db = { ...real, client };
  put = [];
  logged = [];
  transitions = [];
  const say = (message: unknown) => logged.push(String(message));
  const logger = { info: say, warn: say, error: say } as unknown as Wired['logger'];
  wired = {
    clock,
    random: () => 0.5,
    stage: 'test',
    deployed: readDeployed(pathToFileURL(`${folder}/`)),
    log: { onTransition: transition => transitions.push(transition), onDelivery: () => {}, onProblem: say },
    logger,
    putMetrics: async metrics => {
      put.push({ atMs: clock.nowMs(), metrics });
    },
    loadSecrets: async () => ({ read: () => null, problems: [] }),
    engine: {
      store: createRuleStore(db),
      leases: createLeaseStore(db),
      history: createHistory(db),
      send: async () => ({ kind: 'accepted' }),
      release: 'r1',
      otherTarget: () => undefined,
    },
  };
});

let invocations = 0;
const invoke = (jobset: string, remainingMs: number) => {
  const seen = { ended: false };
  const id = `invocation-${++invocations}`;
  void runJobset(wired, { jobset, scheduledAtMs: clock.nowMs(), id, remainingMs }).then(() => {
    seen.ended = true;
  });
  return seen;
};

const checksPut = (): number =>
  put
    .flatMap(({ metrics }) => metrics)
    .filter(({ name }) => name === 'LatenessMs')
    .flatMap(({ values }) => values.map(([, count]) => count))
    .reduce((sum, count) => sum + count, 0);

test('a worker ends before its deadline, and every check it ran is in the metrics', async () => {
  const startMs = clock.nowMs();
  const seen = invoke('loop-0', 3 * MINUTE_MS);
  await passUntil(clock, () => seen.ended, 200);
  expect(clock.nowMs() - startMs).toBeGreaterThan(165_000);
  expect(clock.nowMs() - startMs).toBeLessThan(3 * MINUTE_MS - 5000);
  expect(put.length).toBeGreaterThanOrEqual(3);
  expect(checksPut()).toBeGreaterThanOrEqual(165);
  expect(checksPut()).toBeLessThanOrEqual(175);
  expect(logged).toContain('worker ended');
});

test('while the store is away checks and their metrics go on', async () => {
  const seen = invoke('loop-0', 5 * MINUTE_MS);
  await passUntil(clock, () => put.length === 1, 200);
  isAway = true;
  const awayFromMs = clock.nowMs();
  await passUntil(clock, () => put.filter(({ atMs }) => atMs > awayFromMs + 20_000).length >= 2, 200);
  isAway = false;
  expect(seen.ended).toBe(false);
  await passUntil(clock, () => seen.ended, 200);
  expect(logged.filter(line => line.includes('the store does not answer'))).toHaveLength(1);
});

test('a minute of a burst jobset is run, and told in one call', async () => {
  const seen = invoke('burst-0', 15 * MINUTE_MS);
  await passUntil(clock, () => seen.ended);
  expect(checksPut()).toBe(1);
  expect(put).toHaveLength(1);
});

test('a worker that finds another at work leaves without a word', async () => {
  const first = invoke('loop-0', 15 * MINUTE_MS);
  await passUntil(clock, () => logged.length === 0 && clock.monotonicMs() > 5000, 200);
  const second = invoke('loop-0', 15 * MINUTE_MS);
  await passUntil(clock, () => second.ended);
  expect({ first, logged }).toEqual({ first: { ended: false }, logged: [] });
});

test('a secret that is missing is told, and only the endpoint that needs it fails', async () => {
  wired = {
    ...wired,
    loadSecrets: async names => ({
      read: () => null,
      problems: names.map(name => `the secret ${name} is missing`),
    }),
  };
  const seen = invoke('burst-1', MINUTE_MS);
  await passUntil(clock, () => seen.ended);
  expect(logged).toEqual(['the secret shop-token is missing']);
  const rules = await createRuleStore(db).load('burst-1', ['keyed', 'slow'].map(endpointId), never);
  const stateOf = (id: string) => rules.get(endpointId(id))?.state.state;
  expect({ keyed: stateOf('keyed'), slow: stateOf('slow') }).toEqual({ keyed: 'fail', slow: 'ok' });
  expect(transitions).toContainEqual(expect.objectContaining({ ruleId: 'keyed', reason: 'secret' }));
});

test('a jobset that is not deployed any more is left, with a line in the log', async () => {
  const seen = invoke('loop-7', MINUTE_MS);
  await passUntil(clock, () => seen.ended);
  expect(logged).toEqual(['this deployment has no jobset "loop-7"']);
});
