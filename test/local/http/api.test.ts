import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/domain/clock.ts';
import { createLiveEvents } from '../../../lib/local/http/live.ts';
import { createMetrics } from '../../../lib/local/http/metrics.ts';
import { startHttpServer } from '../../../lib/local/http/server.ts';
import { exampleSource, exampleStatus, exampleTransition, healthyLoop } from './example-source.ts';
import { closeServers, serve } from './serve.ts';

afterEach(closeServers);

const shop = exampleStatus('shop.example.com/health');
const neverChecked = exampleStatus('new.example.com', {
  state: { ...shop.state, state: 'unknown', sinceMs: null },
  last: null,
  latency: { p50: null, p95: null, p99: null },
});

/** `fetch` sets `Host` itself; this does not. */
const ask = (url: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    request(url, options, response => {
      text(response).then(
        body => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      );
    })
      .on('error', reject)
      .end();
  });

const messageOf = (body: string): string => JSON.parse(body).error.message;

test('health tells how the loop does', async () => {
  const { url } = await serve(exampleSource([shop]));
  const response = await fetch(`${url}/health`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    status: 'ok',
    version: '1.2.3',
    endpoints: 2,
    failing: 0,
    unknown: 0,
    not_checked_yet: 0,
    transitions_unsaved: 0,
    checks_per_second: 8,
    lateness_ms: { p50: 0.312, p99: 1.5, max: 3 },
    missed_ticks: 4,
    scaling_limit_hit: false,
    endpoints_fit: 2,
  });
});

test('a loop that does not keep up is told, and is no reason to restart it', async () => {
  const behind = { scalingLimitHit: true, endpointsFit: 1 };
  const { url } = await serve(exampleSource([], [], { ...healthyLoop, ...behind }));
  const response = await fetch(`${url}/health`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    status: 'behind',
    scaling_limit_hit: true,
    endpoints_fit: 1,
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^peregrine_scaling_limit_hit 1$[\s\S]*^peregrine_endpoints_fit 1$/m);
});

test.each([
  ['stalled', { stalled: true }],
  ['store-unreachable', { storeReachable: false }],
])('health is 503 and "%s"', async (status, changes) => {
  const { url } = await serve(exampleSource([], [], { ...healthyLoop, ...changes }));
  const response = await fetch(`${url}/health`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ status });
});

test('the list has each endpoint under the documented names', async () => {
  const { url } = await serve(exampleSource([shop, neverChecked]));
  const { endpoints } = (await (await fetch(`${url}/api/endpoints`)).json()) as { endpoints: object[] };
  expect(endpoints).toHaveLength(2);
  expect(endpoints[0]).toEqual({
    id: 'shop-example-com-health',
    name: 'shop.example.com/health',
    scheme: 'http',
    state: 'ok',
    since_ms: 1_790_000_000_000,
    last: {
      at_ms: 1_790_000_000_250,
      ok: true,
      reason: null,
      error: null,
      latency_ms: 12.3,
      late_ms: 0.4,
    },
    ticks: { due: 400, run: 398, late: 1, missed: 2 },
    latency_ms: { p50: 11, p95: 14.1, p99: 20.7 },
    response_ms: { p50: 11.4, p95: 14.6, p99: 21.9 },
    status: 'enabled',
    group: 'shop',
    labels: { team: 'web' },
    interval_ms: 250,
  });
  expect(endpoints[1]).toMatchObject({ id: 'new-example-com', state: 'unknown', since_ms: null, last: null });
});

test('the list is whole and valid at every size, the empty one too', async () => {
  for (const size of [0, 1, 99, 100, 101, 250]) {
    const statuses = Array.from({ length: size }, (_, index) => exampleStatus(`shop-${index}`));
    const { url } = await serve(exampleSource(statuses));
    const { endpoints } = (await (await fetch(`${url}/api/endpoints`)).json()) as {
      endpoints: { id: string }[];
    };
    expect(endpoints.map(({ id }) => id)).toEqual(statuses.map(({ endpoint }) => endpoint.id));
  }
});

test('the list can be limited to some states', async () => {
  const { url } = await serve(exampleSource([shop, neverChecked]));
  const read = async (states: string) => {
    const { endpoints } = (await (await fetch(`${url}/api/endpoints?state=${states}`)).json()) as {
      endpoints: { state: string }[];
    };
    return endpoints.map(({ state }) => state);
  };
  expect(await read('fail')).toEqual([]);
  expect(await read('unknown')).toEqual(['unknown']);
  expect(await read('unknown,ok')).toEqual(['ok', 'unknown']);
});

test('a long list leaves the loop free for other work', async () => {
  const statuses = Array.from({ length: 2000 }, (_, index) => exampleStatus(`shop-${index}`));
  const order: string[] = [];
  const source = exampleSource(statuses);
  const { url } = await serve({
    ...source,
    endpoints: async function* () {
      for await (const status of source.endpoints()) {
        order.push('endpoint');
        yield status;
      }
    },
  });
  let watching = true;
  const watch = () => {
    order.push('turn');
    if (watching) setImmediate(watch);
  };
  setImmediate(watch);
  await Promise.all([
    fetch(`${url}/api/endpoints`).then(response => response.text()),
    fetch(`${url}/metrics`).then(response => response.text()),
  ]);
  watching = false;
  const longestRun = Math.max(
    ...order
      .join('')
      .split('turn')
      .map(run => run.length / 'endpoint'.length),
  );
  expect(order.filter(step => step === 'endpoint')).toHaveLength(4000);
  expect(longestRun).toBeLessThanOrEqual(200);
});

test('one endpoint is shown with its phases, values and rule', async () => {
  const { url } = await serve(exampleSource([shop, neverChecked]));
  expect(await (await fetch(`${url}/api/endpoints/shop-example-com-health`)).json()).toMatchObject({
    id: 'shop-example-com-health',
    last: {
      latency_ms: 12.3,
      phases: { dns_ms: null, connect_ms: null, tls_ms: null, ttfb_ms: 11.1 },
      status_code: 200,
      cert_days_left: 30.5,
      values: { app: 'shop' },
    },
    interval_ms: 250,
    interval_fail_ms: 1000,
    cron_schedule: null,
    streak: { ok: true, length: 7 },
    runs: 400,
    failures: 2,
    failure_threshold: 3,
    description: 'The shop',
    source: 'shop.yml:1',
  });
  expect(await (await fetch(`${url}/api/endpoints/new-example-com`)).json()).toMatchObject({ last: null });
});

const history = [1, 2, 3, 4, 5].map(version => exampleTransition('shop', version));

test('what an endpoint sends is not shown: headers, address and body may hold a secret', async () => {
  const status = exampleStatus('shop');
  const check = {
    ...status.endpoint.check,
    url: 'https://shop.test/?key=hunter2',
    headers: { authorization: 'Bearer hunter2' },
    body: 'hunter2',
  } as typeof status.endpoint.check;
  const { url } = await serve(exampleSource([{ ...status, endpoint: { ...status.endpoint, check } }]));
  for (const path of ['/api/endpoints', '/api/endpoints/shop', '/metrics']) {
    const text = await (await fetch(`${url}${path}`)).text();
    expect(text).toContain('shop');
    expect(text).not.toContain('hunter2');
  }
});

test('transitions come newest first, page by page, without one lost or shown twice', async () => {
  const { url } = await serve(exampleSource([], [...history, exampleTransition('other', 3)]));
  const ids: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const page = (await (
      await fetch(`${url}/api/transitions?limit=3${next === '' ? '' : `&before=${next}`}`)
    ).json()) as { transitions: { id: string }[]; next: string | null };
    ids.push(...page.transitions.map(({ id }) => id));
    next = page.next;
  }
  expect(ids).toEqual(['shop#5', 'shop#4', 'shop#3', 'other#3', 'shop#2', 'shop#1']);
});

test('transitions can be limited to an endpoint and to an instant', async () => {
  const { url } = await serve(exampleSource([], [...history, exampleTransition('other', 3)]));
  const response = await fetch(`${url}/api/transitions?endpoint=shop&before=1790000000003`);
  expect(await response.json()).toEqual({
    transitions: [
      expect.objectContaining({
        id: 'shop#2',
        endpoint: 'shop',
        previous_state: 'ok',
        at_ms: 1_790_000_000_002,
      }),
      expect.objectContaining({ id: 'shop#1' }),
    ],
    next: null,
  });
});

test('a store that does not answer is a 503, not a crash', async () => {
  const source = exampleSource([]);
  const { url, problems } = await serve({
    ...source,
    history: { list: () => Promise.reject(new Error('connect ECONNREFUSED')) },
  });
  const response = await fetch(`${url}/api/transitions`);
  expect(response.status).toBe(503);
  expect(messageOf(await response.text())).toBe(
    'the store does not answer. GET /health says when it does again.',
  );
  expect(problems).toEqual([]);
});

test('queries of the history are bounded, so that readers do not starve the engine', async () => {
  let asked = 0;
  let answer = () => {};
  const held = new Promise<never[]>(resolve => {
    answer = () => resolve([]);
  });
  const list = () => {
    asked++;
    return held;
  };
  const { url } = await serve({ ...exampleSource([]), history: { list } });
  const waiting = Array.from({ length: 4 }, () => fetch(`${url}/api/transitions`));
  while (asked < 4) await new Promise(setImmediate);
  const refused = await fetch(`${url}/api/transitions`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  answer();
  for (const response of waiting) expect((await response).status).toBe(200);
  expect((await fetch(`${url}/api/transitions`)).status).toBe(200);
});

test('long answers that nobody takes are bounded, since each is held in memory', async () => {
  const shops = Array.from({ length: 2000 }, (_, index) => {
    const status = exampleStatus(`shop-${index}`);
    const subject = { ...status.endpoint.rule.subject, labels: { note: 'x'.repeat(10_000) } };
    return { ...status, endpoint: { ...status.endpoint, rule: { ...status.endpoint.rule, subject } } };
  });
  const { url } = await serve(exampleSource(shops));
  const leave = new AbortController();
  const untaken = await Promise.all(
    Array.from({ length: 8 }, () => fetch(`${url}/api/endpoints`, { signal: leave.signal })),
  );
  expect(untaken.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect((await fetch(`${url}/api/endpoints`)).status).toBe(503);
  leave.abort();
  let status = 503;
  while (status === 503) status = (await ask(`${url}/api/endpoints`)).status;
  expect(status).toBe(200);
});

test.each([
  ['/api/transitions?limit=0', 'limit is "0". Use a whole number from 1 to 1000.'],
  ['/api/transitions?limit=1001', 'limit is "1001". Use a whole number from 1 to 1000.'],
  ['/api/transitions?limit=1e2', 'limit is "1e2". Use a whole number from 1 to 1000.'],
  ['/api/transitions?limit=', 'limit is "". Use a whole number from 1 to 1000.'],
  ['/api/transitions?limit=5&limit=6', 'limit is given more than once. Give it once.'],
  [
    '/api/transitions?before=yesterday',
    'before is "yesterday". Use an instant in ms since 1970 or the "next" of an earlier answer.',
  ],
  ['/api/transitions?endpiont=shop', 'unknown parameter "endpiont". Use endpoint, before or limit.'],
  ['/api/transitions?constructor=1', 'unknown parameter "constructor". Use endpoint, before or limit.'],
  [
    '/api/transitions?endpoint=Shop%20A',
    'endpoint is "Shop A". Use an endpoint\'s id (lower-case letters, digits and dashes), as GET /api/endpoints lists them.',
  ],
  [
    '/api/transitions?limit=5?endpoint=shop',
    'limit is "5?endpoint=shop". Use a whole number from 1 to 1000.',
  ],
  ['/health?verbose=1', 'unknown parameter "verbose". This path takes none.'],
  [
    '/api/endpoints?state=down',
    'state is "down". Use ok, fail and unknown, or some of them with commas between.',
  ],
  [
    '/api/events?kind=transition,evnt',
    'kind is "transition,evnt". Use transition, delivery and event, or some of them with commas between.',
  ],
  ['/api/endpoints/%zz', '"/api/endpoints/%zz" has a broken %-escape. Correct it.'],
])('%s is a 400 that says how to fix it', async (path, message) => {
  const { url } = await serve(exampleSource([shop]));
  const { status, body } = await ask(`${url}${path}`);
  expect({ status, message: messageOf(body) }).toEqual({ status: 400, message });
});

test.each([
  ['/api/endpoints/nothing', 'no endpoint has the id "nothing". GET /api/endpoints lists them.'],
  ['/api/events?endpoint=nothing', 'no endpoint has the id "nothing". GET /api/endpoints lists them.'],
  [
    '/api/endpoint',
    'there is nothing at "/api/endpoint". There are /health, /api/endpoints, /api/endpoints/{id}, /api/transitions, /api/events and /metrics.',
  ],
])('%s is a 404', async (path, message) => {
  const { url } = await serve(exampleSource([shop]));
  const { status, body } = await ask(`${url}${path}`);
  expect({ status, message: messageOf(body) }).toEqual({ status: 404, message });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
  '%s is a 405 that names what is allowed',
  async method => {
    const { url } = await serve(exampleSource([shop]));
    const { status, headers, body } = await ask(`${url}/api/endpoints`, { method });
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
    expect(messageOf(body)).toBe(`${method} is not possible here. Use GET.`);
  },
);

test.each(['/health', '/api/endpoints', '/api/transitions', '/api/events', '/metrics'])(
  'HEAD %s has the headers of GET and no body',
  async path => {
    const { url } = await serve(exampleSource([shop]));
    const { status, headers, body } = await ask(`${url}${path}`, { method: 'HEAD' });
    expect({ status, body }).toEqual({ status: 200, body: '' });
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  },
);

test.each([
  ['a name that points here', 'monitor.attacker.example', 403],
  ['an address that is not served', '192.0.2.7:8080', 403],
  ['a name that only ends alike', 'evillocalhost', 403],
  ['localhost', 'localhost:8080', 200],
  ['a name under localhost', 'peregrine.localhost', 200],
  ['another loopback address', '127.8.8.8', 200],
  ['IPv6 loopback', '[::1]:8080', 200],
])('a request for the host %s', async (_, host, expected) => {
  const { url } = await serve(exampleSource([]));
  const { status, body } = await ask(`${url}/health`, { headers: { host } });
  expect(status).toBe(expected);
  if (expected === 403)
    expect(messageOf(body)).toBe(
      `the host "${host}" is not this monitor. Use ${url}, or start it with --host and the name to use.`,
    );
});

test('a request for no host at all is refused', async () => {
  const { url } = await serve(exampleSource([]));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /health HTTP/1.0\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /);
});

test('a monitor for all addresses answers for any address, still not for a foreign name', async () => {
  const { url } = await serve(exampleSource([]), '0.0.0.0');
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const statusFor = async (host: string) => (await ask(`${url}/health`, { headers: { host } })).status;
  expect(await statusFor('192.0.2.7:8080')).toBe(200);
  expect(await statusFor('[2001:db8::1]')).toBe(200);
  expect(await statusFor('monitor.attacker.example')).toBe(403);
});

test('a page of another origin is refused, the own page is not', async () => {
  const { url } = await serve(exampleSource([]));
  const statusFor = async (origin: string) => (await ask(`${url}/health`, { headers: { origin } })).status;
  expect(await statusFor('https://attacker.example')).toBe(403);
  expect(await statusFor('null')).toBe(403);
  expect(await statusFor('http://127.0.0.1:1')).toBe(403);
  expect(await statusFor(url)).toBe(200);
});

test('an address over the limit is a 414, headers over the limit are a 431', async () => {
  const { url } = await serve(exampleSource([]));
  expect((await ask(`${url}/health?${'x'.repeat(3000)}`)).status).toBe(414);
  const { status, body } = await ask(`${url}/health`, { headers: { 'x-long': 'x'.repeat(9000) } });
  expect(status).toBe(431);
  expect(messageOf(body)).toBe('the headers are over 8192 bytes. Send less.');
});

test('what is not HTTP is a 400 in the same shape', async () => {
  const { url } = await serve(exampleSource([]));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('hello\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(messageOf(answer.split('\r\n\r\n')[1] ?? '')).toBe('this is not an HTTP request. Use HTTP/1.1.');
});

test('a bug behind the API is a 500 without its details, and is reported', async () => {
  const { url, problems } = await serve({
    ...exampleSource([]),
    status: () => {
      throw new Error('secret-like detail');
    },
  });
  const { status, body } = await ask(`${url}/health`);
  expect(status).toBe(500);
  expect(messageOf(body)).toBe('this request failed inside the monitor; its log says why.');
  expect(problems).toEqual(['the HTTP API failed on GET "/health": Error: secret-like detail']);
});

test('a port that is taken and an address that is not here are values', async () => {
  const { url } = await serve(exampleSource([]));
  const listen = (host: string, port: number) =>
    startHttpServer({
      source: exampleSource([]),
      live: createLiveEvents(),
      metrics: createMetrics(),
      clock: systemClock,
      host,
      port,
      onProblem: () => {},
    });
  expect(await listen('127.0.0.1', Number(new URL(url).port))).toEqual({ kind: 'in-use' });
  expect(await listen('192.0.2.7', 0)).toEqual({
    kind: 'failed',
    error: '192.0.2.7 is no address of this machine. Use a --host that is, such as 127.0.0.1 or 0.0.0.0.',
  });
});

test('closing frees the port, with an idle connection and an open event stream left', async () => {
  const { url, close, live } = await serve(exampleSource([shop]));
  await (await fetch(`${url}/health`)).text();
  const stream = await fetch(`${url}/api/events`);
  const closed = close();
  live.observer.onTransition?.(exampleTransition('shop', 1));
  await closed;
  await stream.text();
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});
