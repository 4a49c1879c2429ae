import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHistory } from '../../lib/aws/history.ts';
import { createLeaseStore } from '../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../lib/aws/rule-store.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { LEASE_TTL_MS } from '../../lib/engine/term/keep-lease.ts';
import { never } from '../support/dynamodb.ts';
import { endpointId } from '../support/endpoints.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type CheckedService, nowMs, startCheckedService, until } from './checked-service.ts';
import { createWebhooks } from './create-webhooks.ts';
import { type Deployed, type LocalAws, openLocalAws } from './local-aws.ts';
import { createQueue, type ReadQueue } from './read-queue.ts';

/** The facts stand in the order in which they come about: a schedule takes a minute to fire, so nothing is done twice.
 *  The workers of stage `brief` live 3 minutes, so that each firing brings a hand-over; one of stage `lasting`, with
 *  the deadline that is deployed, is killed meanwhile. */
const JOBSET = 'loop-0';
const BRIEF_DEADLINE_S = 180;
const INTERVAL_MS = 250;
/** A minute, and the start of a process. */
const FIRING_WITHIN_MS = 75_000;
const SECRET = 's3cret "quoted"';

let aws: LocalAws;
let service: CheckedService;
let webhook: WebhookReceiver;
let queue: ReadQueue;
const folders: string[] = [];

const endpointFile = (paths: readonly string[], minutely: readonly string[]): string => `
targets:
  queue: { post_service: aws-sqs, queue_url: "${queue.url}", on: [fail, ok, unknown, initial] }
  hook:
    post_endpoint: https://hooks.example.com/transitions
    post_api_key: { param_name: x-key, param_in: header, param_secret: hook-key }
    post_json_info: { title: "{name} is {state}", code: "{status_code}" }
  metric: { post_service: aws-cloudwatch, metric_namespace: Shop }
defaults: { scheme: http, interval: 250ms, targets: [queue, hook, metric] }
${paths.map(path => `${path}: { url: "${service.url}/${path}" }`).join('\n')}
${minutely.map(path => `${path}: { url: "${service.url}/${path}", interval: 60s }`).join('\n')}
`;

const endpointsFolder = (paths: readonly string[], minutely: readonly string[] = []): string => {
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-endpoints-'));
  folders.push(folder);
  writeFileSync(join(folder, 'shop.yml'), endpointFile(paths, minutely));
  return folder;
};

const storesOf = ({ outputs }: Deployed) => {
  const db = { client: aws.dynamodb, table: outputs.Table ?? '', clock: systemClock };
  return { rules: createRuleStore(db), leases: createLeaseStore(db), history: createHistory(db) };
};

const ownerIn = async (deployed: Deployed): Promise<string | undefined> =>
  (await storesOf(deployed).leases.read([JOBSET], never)).get(JOBSET)?.lease.owner;

const transitionsOf = async (endpoint: string): Promise<readonly string[]> =>
  (await queue.messages()).filter(one => one.endpoint === endpoint).map(({ kind }) => kind);

let brief: Deployed;
let lasting: Deployed;
let deployedAtMs = 0;
let killedAtMs = 0;

beforeAll(async () => {
  aws = openLocalAws();
  service = await startCheckedService();
  webhook = await startWebhookReceiver();
  queue = await createQueue(aws, 'transitions');
  await aws.secrets.send(new CreateSecretCommand({ Name: 'hook-key', SecretString: SECRET }));
  await aws.bootstrap();
  [brief, lasting] = await Promise.all([
    aws.deploy('brief', endpointsFolder(['steady', 'flapping', 'leaving']), {
      deadlineS: BRIEF_DEADLINE_S,
    }),
    aws.deploy('lasting', endpointsFolder(['lasting'], ['minutely'])),
  ]);
  deployedAtMs = nowMs();
  await createWebhooks(aws, brief.template('peregrine-brief-webhooks'), {
    bus: brief.outputs.EventBus ?? '',
    receiver: webhook.url,
  });
}, 180_000);

afterAll(async () => {
  aws.close();
  await service.close();
  await webhook.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test('the schedules start the workers, and nobody else does', async () => {
  expect(service.instants('/steady')).toEqual([]);
  await until('both stages check', FIRING_WITHIN_MS, () =>
    ['/steady', '/lasting', '/minutely'].every(path => service.instants(path).length > 0),
  );
  expect(nowMs() - deployedAtMs).toBeGreaterThan(40_000);
}, 90_000);

test('a change of state is saved, kept in the history, and told to a queue and a webhook', async () => {
  await until('the queue hears of the first check', 5000, async () =>
    (await transitionsOf('flapping')).includes('initial'),
  );
  service.fail('/flapping');
  await until('the queue hears of the fail', 5000, async () =>
    (await transitionsOf('flapping')).includes('fail'),
  );
  service.recover('/flapping');
  await until('the queue hears of the recovery', 5000, async () =>
    (await transitionsOf('flapping')).includes('ok'),
  );
  expect(await transitionsOf('flapping')).toEqual(['initial', 'fail', 'ok']);

  const { rules, history } = storesOf(brief);
  const id = endpointId('flapping');
  await until('the outbox is empty', 5000, async () => {
    const saved = (await rules.load(JOBSET, [id], never)).get(id);
    return saved?.pending.length === 0;
  });
  const saved = (await rules.load(JOBSET, [id], never)).get(id);
  expect(saved?.state).toMatchObject({ state: 'ok', version: 3, announced: 'ok' });
  const kept = await history.list({ endpoint: id, before: null, limit: 10 }, never);
  expect(kept.map(transition => transition.id)).toEqual(['flapping#3', 'flapping#2', 'flapping#1']);

  const told = (await webhook.waitFor(2)).map(({ path, headers, body }) => [
    ...[path, headers['x-key'], headers['idempotency-key']],
    JSON.parse(body),
  ]);
  expect(told).toEqual([
    ['/transitions', SECRET, 'flapping#2', { title: 'flapping is fail', code: 503 }],
    ['/transitions', SECRET, 'flapping#3', { title: 'flapping is ok', code: 200 }],
  ]);
}, 30_000);

test('the next worker takes over from one that comes to its end, without a gap or a double check', async () => {
  const workers = aws.processesOf(lasting.outputs.CheckFunction ?? '');
  expect(workers.length).toBeGreaterThan(0);
  for (const pid of workers) process.kill(pid, 'SIGKILL');
  killedAtMs = nowMs();

  const fromMs = nowMs();
  const before = await ownerIn(brief);
  await until('another worker holds the lease', FIRING_WITHIN_MS, async () => {
    const owner = await ownerIn(brief);
    return owner !== undefined && owner !== before;
  });
  await sleep(3000);
  expect(service.longestGapMs('/steady', fromMs)).toBeLessThan(1000);
  const due = (nowMs() - fromMs) / INTERVAL_MS;
  expect(service.instants('/steady', fromMs).length).toBeLessThanOrEqual(due + 1);
  expect(await transitionsOf('steady')).toEqual(['initial']);
}, 90_000);

test('a worker whose process was killed is replaced, and what nobody watched is unknown, not failed', async () => {
  // What was under way when it was killed may still arrive.
  const afterwards = () => service.instants('/lasting', killedAtMs + 1000);
  await until('it is checked again', LEASE_TTL_MS + FIRING_WITHIN_MS, () => afterwards().length > 0);
  const [resumedAtMs = 0] = afterwards();
  expect(resumedAtMs - killedAtMs).toBeGreaterThan(LEASE_TTL_MS / 2);
  expect(resumedAtMs - killedAtMs).toBeLessThan(LEASE_TTL_MS + FIRING_WITHIN_MS);
  await until('all is told', 5000, async () => (await transitionsOf('lasting')).length > 2);
  expect(await transitionsOf('lasting')).toEqual(['initial', 'unknown', 'ok']);
}, 120_000);

test('a second invocation for a jobset that is held leaves at once', async () => {
  const before = await ownerIn(lasting);
  const startedAtMs = nowMs();
  const { FunctionError } = await aws.lambda.send(
    new InvokeCommand({
      FunctionName: lasting.outputs.CheckFunction,
      Payload: JSON.stringify({ jobset: JOBSET }),
    }),
  );
  expect(FunctionError).toBeUndefined();
  expect(nowMs() - startedAtMs).toBeLessThan(10_000);
  expect(await ownerIn(lasting)).toBe(before);
}, 30_000);

test('CloudWatch has the metrics of the monitor and of the endpoints', async () => {
  const samples = async (namespace: string, name: string, dimension: string, value: string) => {
    const { Datapoints = [] } = await aws.cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: namespace,
        MetricName: name,
        Dimensions: [{ Name: dimension, Value: value }],
        StartTime: new Date(deployedAtMs),
        EndTime: new Date(nowMs() + 60_000),
        Period: 60,
        Statistics: ['SampleCount'],
      }),
    );
    return Datapoints.reduce((sum, { SampleCount = 0 }) => sum + SampleCount, 0);
  };
  await until('checks are counted', 75_000, async () => {
    const checks = await samples('Peregrine', 'LatenessMs', 'Stage', 'brief');
    const latencies = await samples('Shop', 'LatencyMs', 'Endpoint', 'steady');
    return checks > 300 && latencies > 100;
  });
}, 90_000);

test('a deployment takes force without a gap for the endpoints that stay', async () => {
  const fromMs = nowMs();
  await aws.deploy('brief', endpointsFolder(['steady', 'flapping', 'arriving']), {
    deadlineS: BRIEF_DEADLINE_S,
  });
  const redeployedAtMs = nowMs();
  expect(service.longestGapMs('/steady', fromMs)).toBeLessThan(1000);
  await until('the new endpoint is checked', 120_000, () => service.instants('/arriving').length > 8);
  const [arrivedAtMs = 0] = service.instants('/arriving');
  expect(arrivedAtMs - redeployedAtMs).toBeLessThan(120_000);
  expect(service.longestGapMs('/steady', fromMs)).toBeLessThan(1000);
  expect(service.longestGapMs('/flapping', fromMs)).toBeLessThan(1000);
  expect(service.instants('/leaving', arrivedAtMs + 1000)).toEqual([]);
  expect(await transitionsOf('steady')).toEqual(['initial']);
}, 150_000);

test('an endpoint of one minute was checked once a minute', () => {
  const instants = service.instants('/minutely');
  const minutes = (nowMs() - deployedAtMs) / 60_000;
  expect(instants.length).toBeGreaterThanOrEqual(Math.floor(minutes) - 1);
  expect(instants.length).toBeLessThanOrEqual(Math.ceil(minutes));
});
