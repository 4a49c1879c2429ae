import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Ticks } from '../../lib/domain/ticks.ts';
import {
  folderOf,
  type LogLine,
  type MonitorProcess,
  newFolder,
  runCommandLine,
  startMonitorProcess,
} from '../support/monitor-process.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

/** `npm start -- --workers 2`, with real processes. */

const ENDPOINTS = 24;
const INTERVAL_MS = 100;

let service: Server;
let isUp = true;
let port = 0;
let asked: Map<string, number>;
let receiver: WebhookReceiver | null = null;
const running: MonitorProcess[] = [];

beforeEach(async () => {
  isUp = true;
  asked = new Map();
  service = createServer(({ url = '' }, response) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    response.writeHead(isUp ? 200 : 503).end();
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

const ids = Array.from({ length: ENDPOINTS }, (_, n) => `shop-${n}`);
const endpoint = (id: string, more = ''): string =>
  `${id}: { scheme: http, url: 'http://127.0.0.1:${port}/${id}', interval: ${INTERVAL_MS}ms${more} }\n`;
const endpoints = (more = ''): string => folderOf({ 'a.yml': ids.map(id => endpoint(id, more)).join('') });

const start = async (folder: string, ...more: readonly string[]): Promise<MonitorProcess> => {
  const monitor = await startMonitorProcess([
    '--endpoints',
    folder,
    '--data',
    ':memory:',
    '--workers',
    '2',
    ...more,
  ]);
  running.push(monitor);
  return monitor;
};

const transitions = (monitor: MonitorProcess, state: string): readonly LogLine[] =>
  monitor.lines.filter(
    line => line.kind === 'transition' && line.state === state && line.endpoint !== 'self',
  );

const until = async (holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> => {
  for (const untilMs = Date.now() + withinMs; !(await holds()); ) {
    if (Date.now() > untilMs) throw new Error(`it did not come to hold: ${holds}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};

const allAskedAgain = async (): Promise<void> => {
  asked.clear();
  await until(() => asked.size === ENDPOINTS);
};

type Listed = { readonly id: string; readonly state: string; readonly ticks: Ticks };
const list = async (monitor: MonitorProcess): Promise<readonly Listed[]> =>
  ((await monitor.get('/api/endpoints')) as { readonly endpoints: readonly Listed[] }).endpoints;

const expectOneTransitionEach = (monitor: MonitorProcess, state: string, version: number): void => {
  const seen = transitions(monitor, state).map(({ id }) => String(id).replace(/-[0-9a-z]{6}$/, ''));
  expect(seen.toSorted()).toEqual(ids.map(id => `${id}#${version}`).toSorted());
};

test('two workers share the endpoints, and the API and the metrics show all as one', async () => {
  const monitor = await start(endpoints());
  expect(monitor.lines.find(({ kind }) => kind === 'started')).toMatchObject({
    endpoints: ENDPOINTS,
    workers: 2,
  });
  expect(monitor.workers()).toHaveLength(2);
  await until(() => transitions(monitor, 'ok').length === ENDPOINTS);
  const listed = await list(monitor);
  expect(listed.map(({ id }) => id)).toEqual(ids);
  expect(listed.every(({ state }) => state === 'ok')).toBe(true);
  for (const { ticks } of listed) expect(ticks.due).toBe(ticks.run + ticks.missed);
  await monitor.line(line => line.endpoint === 'self' && line.state === 'ok');
  expect(await monitor.get('/api/endpoints/self')).toMatchObject({ id: 'self', scheme: 'self', state: 'ok' });
  expect((await fetch(`${monitor.url}/api/endpoints/nobody`)).status).toBe(404);
  await until(
    async () => ((await monitor.get('/health')) as { checks_per_second: number }).checks_per_second > 50,
  );
  expect(await monitor.get('/health')).toMatchObject({ status: 'ok', endpoints: ENDPOINTS, failing: 0 });
  const metrics = await (await fetch(`${monitor.url}/metrics`)).text();
  expect(metrics).toContain('peregrine_endpoint_state{id="shop-7"} 1\n');
  expect(metrics).toMatch(/^peregrine_workers 2$/m);
  expect(Number(/peregrine_checks_total\{result="ok"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(ENDPOINTS);
  isUp = false;
  await until(() => transitions(monitor, 'fail').length === ENDPOINTS);
  await until(async () => ((await monitor.get('/health')) as { failing: number }).failing === ENDPOINTS);
  expect(await monitor.end()).toBe(0);
  expect(monitor.lines.at(-1)?.kind).toBe('stopped');
  expect(monitor.lines.filter(({ kind }) => kind === 'problem')).toEqual([]);
});

test('whoever follows the events sees the checks of all workers', async () => {
  const monitor = await start(endpoints());
  const followed = await fetch(`${monitor.url}/api/events?kind=event`);
  const names = new Set<string>();
  for await (const chunk of followed.body as ReadableStream<Uint8Array>) {
    for (const [, id] of Buffer.from(chunk)
      .toString()
      .matchAll(/"endpoint\.(shop-\d+)\.up"/g))
      names.add(String(id));
    if (names.size === ENDPOINTS) break;
  }
  expect(names.size).toBe(ENDPOINTS);
  const one = await fetch(`${monitor.url}/api/events?kind=event&endpoint=shop-3`);
  for await (const chunk of one.body as ReadableStream<Uint8Array>) {
    const text = Buffer.from(chunk).toString();
    if (!text.includes('.up')) continue;
    expect(text).not.toMatch(/endpoint\.shop-(?!3\.)/);
    break;
  }
});

test('a worker that is killed is taken over and replaced: no tick is lost, no transition is made twice', async () => {
  const monitor = await start(endpoints(', failure_threshold: 3'));
  await until(() => transitions(monitor, 'ok').length === ENDPOINTS);
  await until(async () => (await list(monitor)).every(({ ticks }) => ticks.due >= 20));
  const before = new Map((await list(monitor)).map(({ id, ticks }) => [id, ticks]));
  const beforeMs = Date.now();
  const [victim = 0] = monitor.workers();
  process.kill(victim, 'SIGKILL');
  await monitor.line(
    line => line.kind === 'problem' && String(line.message).includes('was ended by SIGKILL'),
  );
  await allAskedAgain();
  await until(() => monitor.workers().length === 2);
  isUp = false;
  await until(() => transitions(monitor, 'fail').length === ENDPOINTS);
  isUp = true;
  await until(() => transitions(monitor, 'ok').length === 2 * ENDPOINTS);
  expectOneTransitionEach(monitor, 'fail', 2);
  expect(transitions(monitor, 'unknown')).toEqual([]);
  const after = await list(monitor);
  const dueMeanwhile = (Date.now() - beforeMs) / INTERVAL_MS;
  let missed = 0;
  for (const { id, ticks } of after) {
    expect(ticks.due).toBe(ticks.run + ticks.missed);
    // Counted on from what the dead one had counted.
    expect(Math.abs(ticks.due - (before.get(id)?.due ?? 0) - dueMeanwhile)).toBeLessThan(10);
    missed += ticks.missed;
  }
  expect(missed).toBeGreaterThan(0);
  expect(monitor.workers()).not.toContain(victim);
}, 40_000);

test('a replaced worker gets its share back in peace, and streaks and ticks go on', async () => {
  const monitor = await start(endpoints());
  await until(() => transitions(monitor, 'ok').length === ENDPOINTS);
  process.kill(monitor.workers()[1] as number, 'SIGKILL');
  await until(() => monitor.workers().length === 1, 5000);
  const shares = async (): Promise<readonly number[]> => {
    const metrics = await (await fetch(`${monitor.url}/metrics`)).text();
    return Array.from(metrics.matchAll(/^peregrine_worker_endpoints\{.*\} (\d+)$/gm), ([, count]) =>
      Number(count),
    );
  };
  await until(async () => {
    const [one = 0, other = 0] = await shares();
    return one > 0 && other > 0 && one + other === ENDPOINTS;
  });
  await allAskedAgain();
  expect(transitions(monitor, 'ok')).toHaveLength(ENDPOINTS);
  for (const { ticks, state } of await list(monitor)) {
    expect(state).toBe('ok');
    expect(ticks.due).toBe(ticks.run + ticks.missed);
  }
}, 40_000);

test('a worker that hangs is taken over', async () => {
  const monitor = await start(endpoints(', stale_after: 60s'));
  await until(() => transitions(monitor, 'ok').length === ENDPOINTS);
  process.kill(monitor.workers()[0] as number, 'SIGSTOP');
  await monitor.line(
    line => line.kind === 'problem' && String(line.message).includes('was ended by SIGKILL'),
  );
  await allAskedAgain();
  expect(transitions(monitor, 'ok')).toHaveLength(ENDPOINTS);
}, 60_000);

test('changed files take force in all workers', async () => {
  const folder = endpoints();
  const monitor = await start(folder);
  await until(() => transitions(monitor, 'ok').length === ENDPOINTS);
  const before = new Map((await list(monitor)).map(({ id, ticks }) => [id, ticks.run]));
  const added = ['new-1', 'new-2', 'new-3', 'new-4'];
  folderOf({ 'b.yml': added.map(id => endpoint(id)).join('') }, folder);
  await monitor.line(line => line.kind === 'reloaded' && line.endpoints === ENDPOINTS + added.length);
  await until(() => added.every(id => transitions(monitor, 'ok').some(line => line.endpoint === id)));
  for (const { id, ticks } of (await list(monitor)).filter(one => before.has(one.id)))
    expect(ticks.run).toBeGreaterThan(before.get(id) as number);
  rmSync(join(folder, 'b.yml'));
  await monitor.line(line => line.kind === 'reloaded' && line.endpoints === ENDPOINTS);
  await until(async () => (await list(monitor)).length === ENDPOINTS);
  asked.clear();
  await until(() => asked.size >= ENDPOINTS);
  expect([...asked.keys()].filter(url => url.startsWith('/new'))).toEqual([]);
});

test('a target never gets more than its rate, however many workers there are', async () => {
  receiver = await startWebhookReceiver();
  const folder = folderOf({
    'a.yml': `targets:\n  hook: { post_endpoint: '${receiver.url}', max_per_second: 5 }\n${ids
      .map(id => endpoint(id, ', targets: [hook]'))
      .join('')}`,
  });
  const monitor = await start(folder);
  await until(() => transitions(monitor, 'ok').length === ENDPOINTS);
  isUp = false;
  await receiver.waitFor(ENDPOINTS);
  const arrivedAtMs = receiver.requests.map(request => request.arrivedAtMs);
  for (const [at, ms] of arrivedAtMs.entries())
    if (at >= 5) expect(ms - (arrivedAtMs[at - 5] as number)).toBeGreaterThan(800);
  const keys = receiver.requests.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(keys.length);
}, 30_000);

test('workers do not outlive the monitor', async () => {
  const monitor = await start(endpoints());
  const pids = monitor.workers();
  expect(pids).toHaveLength(2);
  await monitor.end('SIGKILL');
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  try {
    await until(() => !pids.some(lives), 5000);
  } finally {
    for (const pid of pids.filter(lives)) process.kill(pid, 'SIGKILL');
  }
});

test.each(['0', '65', 'two', '1.5', '-1', ''])(
  '--workers %j: one clear line and exit code 2',
  async workers => {
    const { code, stderr } = await runCommandLine('start', ['--data', ':memory:', `--workers=${workers}`]);
    expect(code).toBe(2);
    expect(stderr.trim()).toBe(`npm start: --workers is "${workers}", not a number from 1 to 64.`);
  },
);

test('restarted with another number of workers, states and streaks go on', async () => {
  const data = newFolder();
  const folder = endpoints();
  const one = await start(folder, '--data', data);
  await until(() => transitions(one, 'ok').length === ENDPOINTS);
  await one.end();
  const other = await start(folder, '--data', data, '--workers', '1');
  await allAskedAgain();
  expect(transitions(other, 'ok')).toEqual([]);
  for (const { state, ticks } of await list(other)) {
    expect(state).toBe('ok');
    expect(ticks.due).toBe(ticks.run + ticks.missed);
  }
}, 30_000);
