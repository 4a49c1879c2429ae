import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  folderOf,
  type MonitorProcess,
  newFolder,
  runCommandLine,
  script,
  startMonitorProcess,
} from '../support/monitor-process.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

let service: Server;
let isUp = true;
let port = 0;
let data: string;
let receiver: WebhookReceiver | null = null;
const running: MonitorProcess[] = [];

beforeEach(async () => {
  isUp = true;
  data = newFolder();
  service = createServer((_, response) => {
    response.writeHead(isUp ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: isUp ? 'ok' : 'down' }));
  });
  await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve));
  port = (service.address() as AddressInfo).port;
});

afterEach(async () => {
  for (const monitor of running.splice(0)) await monitor.end('SIGKILL');
  await receiver?.close();
  receiver = null;
  service.closeAllConnections();
  await new Promise(resolve => service.close(resolve));
});

const start = async (endpoints: string, ...more: readonly string[]): Promise<MonitorProcess> => {
  const monitor = await startMonitorProcess(['--endpoints', endpoints, '--data', data, ...more]);
  running.push(monitor);
  return monitor;
};

const shop = (more = ''): string => `shop:
  scheme: http
  url: http://127.0.0.1:${port}/health
  interval: 50ms
${more}`;

const transitionTo =
  (state: string, endpoint = 'shop') =>
  (line: { readonly [key: string]: unknown }) =>
    line.kind === 'transition' && line.endpoint === endpoint && line.state === state;

test('it runs, tells what changes, answers over HTTP, and ends in order', async () => {
  receiver = await startWebhookReceiver();
  const monitor = await start(
    folderOf({ 'shop.yml': shop(`  failure_threshold: 3\n  post_endpoint: ${receiver.url}/hook\n`) }),
  );
  expect(monitor.lines[0]).toMatchObject({ kind: 'started', endpoints: 1, invalid_files: 0 });
  await monitor.line(transitionTo('ok'));
  isUp = false;
  const failed = await monitor.line(transitionTo('fail'));
  expect(failed).toMatchObject({ previous_state: 'ok', reason: 'status' });
  expect(failed.id).toMatch(/^shop#2-[0-9a-z]{6}$/);
  const delivered = await monitor.line(({ kind }) => kind === 'delivery');
  expect(delivered).toMatchObject({ transition_id: failed.id, outcome: 'accepted', attempt: 1 });
  expect(receiver.requests[0]?.headers['idempotency-key']).toBe(failed.id);
  expect(await monitor.get('/health')).toMatchObject({ status: 'ok', endpoints: 1, failing: 1 });
  expect(await monitor.get('/api/endpoints/shop')).toMatchObject({
    id: 'shop',
    scheme: 'http',
    state: 'fail',
  });
  expect(await monitor.end()).toBe(0);
  expect(monitor.lines.at(-1)?.kind).toBe('stopped');
});

test('killed at any moment and started again, no transition is lost, and none comes under a second id', async () => {
  receiver = await startWebhookReceiver();
  const endpoints = folderOf({
    'shop.yml': shop(
      `  targets: [hook]\n\ntargets:\n  hook: { post_endpoint: ${receiver.url}, max_per_second: 100 }\n`,
    ),
  });
  const flapping = setInterval(() => {
    isUp = !isUp;
  }, 120);
  for (const lifeMs of [400, 150, 700, 300, 550]) {
    const monitor = await start(endpoints);
    await new Promise(resolve => setTimeout(resolve, lifeMs));
    await monitor.end('SIGKILL');
  }
  clearInterval(flapping);
  isUp = true;
  const monitor = await start(endpoints);
  await new Promise(resolve => setTimeout(resolve, 1000));
  const listed = (await monitor.get('/api/transitions?endpoint=shop&limit=1000')) as {
    readonly transitions: readonly { readonly id: string; readonly kind: string; readonly state: string }[];
  };
  const history = listed.transitions.toReversed();
  const incarnation = history[0]?.id.split('-').at(-1);
  expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => `shop#${index + 1}-${incarnation}`));
  expect(history.length).toBeGreaterThan(5);
  const wanted = history.filter(({ kind }) => kind !== 'initial').map(({ id }) => id);
  const received = receiver.requests.map(({ headers }) => String(headers['idempotency-key']));
  expect([...new Set(received)]).toEqual(wanted);
  const bodies = new Map(receiver.requests.map(({ headers, body }) => [headers['idempotency-key'], body]));
  for (const { headers, body } of receiver.requests)
    expect(body).toBe(bodies.get(headers['idempotency-key']));
}, 60_000);

test('a changed file takes force without a restart; one that became invalid stays as it was and is reported', async () => {
  const endpoints = folderOf({ 'shop.yml': shop(), 'b.yml': shop().replace('shop', 'other') });
  const monitor = await start(endpoints);
  await monitor.line(transitionTo('ok'));
  const before = (await monitor.get('/api/endpoints/shop')) as { readonly ticks: { readonly run: number } };
  folderOf({ 'b.yml': 'other:\n  interval: 5\n', 'c.yml': shop().replace('shop', 'added') }, endpoints);
  const problem = await monitor.line(({ kind }) => kind === 'problem');
  expect(JSON.stringify(problem)).toContain('Add a unit');
  await monitor.line(transitionTo('ok', 'added'));
  const after = (await monitor.get('/api/endpoints/shop')) as typeof before;
  expect(after.ticks.run).toBeGreaterThan(before.ticks.run);
  const other = (await monitor.get('/api/endpoints/other')) as typeof before;
  await new Promise(resolve => setTimeout(resolve, 300));
  expect(((await monitor.get('/api/endpoints/other')) as typeof before).ticks.run).toBeGreaterThan(
    other.ticks.run,
  );
  rmSync(join(endpoints, 'c.yml'));
  await monitor.line(line => line.kind === 'reloaded' && line.endpoints === 2);
});

test('invalid files make self fail, and its target hears of it', async () => {
  receiver = await startWebhookReceiver();
  const monitor = await start(
    folderOf({
      'shop.yml': shop(),
      'broken.yml': 'oops: [',
      'self.yml': `self:\n  interval: 100ms\n  post_endpoint: ${receiver.url}\n`,
    }),
  );
  await monitor.line(transitionTo('ok'));
  expect(await monitor.line(transitionTo('fail', 'self'))).toMatchObject({ reason: 'test' });
  await receiver.waitFor(1);
  expect(receiver.requests[0]?.body).toContain('1 file is invalid');
});

test.each([
  ['an unknown flag', ['--nope'], /--nope/],
  ['a port that is none', ['--port', 'http'], /--port is "http", not a number from 0 to 65535/],
  ['a host that is empty', ['--host', ''], /--host is empty/],
  ['an unknown log format', ['--log', 'xml'], /--log is "xml", not pretty or json/],
  ['a folder that is missing', ['--endpoints', 'nowhere'], /the folder nowhere does not exist/],
])('%s: one clear line and exit code 2', async (_, args, message) => {
  const { code, stderr } = await runCommandLine('start', ['--data', ':memory:', ...args]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a folder without an endpoint: exit code 2', async () => {
  const { code, stderr } = await runCommandLine('start', ['--endpoints', newFolder(), '--data', ':memory:']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/no endpoint is defined in .* Add one/);
});

test('a port in use: exit code 2', async () => {
  const args = [
    '--endpoints',
    folderOf({ 'shop.yml': shop() }),
    '--data',
    ':memory:',
    '--port',
    String(port),
  ];
  const { code, stderr } = await runCommandLine('start', args);
  expect(code).toBe(2);
  expect(stderr).toMatch(new RegExp(`port ${port} of 127.0.0.1 is in use`));
});

test('a data folder that another monitor uses: exit code 2', async () => {
  const endpoints = folderOf({ 'shop.yml': shop() });
  await start(endpoints);
  const { code, stderr } = await runCommandLine('start', [
    '--endpoints',
    endpoints,
    '--data',
    data,
    '--port',
    '0',
  ]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/is in use by another process/);
});

test('a missing secret: exit code 2, naming the target and the variable', async () => {
  const endpoints = folderOf({
    'shop.yml': `targets:
  hook:
    post_endpoint: http://127.0.0.1:9/
    post_api_key: { param_name: key, param_in: header, param_secret: hook-key }
${shop('  targets: [hook]\n')}`,
  });
  const { code, stderr } = await runCommandLine('start', [
    '--endpoints',
    endpoints,
    '--data',
    ':memory:',
    '--port',
    '0',
  ]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/target "hook" .* needs the secret hook-key\. Set PEREGRINE_SECRET_HOOK_KEY/);
});

test('asked to end while it still starts, it ends', async () => {
  const endpoints = folderOf({ 'shop.yml': shop() });
  for (const afterMs of [500, 700, 900]) {
    const child = spawn(
      process.execPath,
      [script('start'), '--endpoints', endpoints, '--data', ':memory:', '--port', '0'],
      { stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const exited = new Promise(resolve => child.once('exit', resolve));
    await new Promise(resolve => setTimeout(resolve, afterMs));
    child.kill('SIGTERM');
    await exited;
  }
});

test('a cursor beyond all time is refused, and is no failure of the store', async () => {
  const monitor = await start(folderOf({ 'shop.yml': shop() }));
  for (const before of ['999999999999999', '1~zzz~999999999999999'])
    expect((await fetch(`${monitor.url}/api/transitions?before=${before}`)).status).toBe(400);
  expect(await monitor.get('/health')).toMatchObject({ status: 'ok' });
});

test('--help says it all and exits 0', async () => {
  const { code, stdout } = await runCommandLine('start', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/--endpoints DIR[\s\S]*--aws/);
});
