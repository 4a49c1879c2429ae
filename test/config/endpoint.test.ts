import { expect, test } from '@jest/globals';
import { compileFiles, endpointOf, said } from './compiled.ts';

test('a name alone is a whole endpoint', () => {
  expect(endpointOf('www.example.com/health:')).toEqual({
    id: 'www-example-com-health',
    name: 'www.example.com/health',
    source: 'shop.yml:1',
    status: 'enabled',
    schedule: { kind: 'interval', everyMs: 60_000, failEveryMs: 60_000 },
    startDelayMs: 0,
    timeoutMs: 5000,
    runs: 0,
    check: {
      scheme: 'https',
      url: 'https://www.example.com/health',
      method: 'GET',
      headers: {},
      body: null,
      followRedirects: 0,
      basicAuth: null,
      bearerSecret: null,
      maxBodyBytes: 1_048_576,
      freshConnection: false,
      tls: { verify: true, servername: null, caFile: null },
    },
    jsonValues: [],
    successTests: [],
    rule: {
      id: 'www-example-com-health',
      failureThreshold: 1,
      successThreshold: 1,
      remindEveryMs: null,
      staleAfterMs: 185_000,
      onSilence: 'unknown',
      maintenance: [],
      dependsOn: [],
      subject: { name: 'www.example.com/health', group: null, labels: {}, description: null, runbook: null },
    },
    targets: [],
  });
});

test('every key of a request is in its check', () => {
  const { check } = endpointOf(`
shop:
  url: https://shop.example.com/health?deep=1
  method: POST
  headers: { Accept: application/json }
  body: "{}"
  follow_redirects: 3
  basic_auth: { username: monitor, password_secret: shop-password }
  max_body_bytes: 1000
  fresh_connection: true
  tls_verify: false
  tls_servername: shop.example.com
  ca_file: ca.pem
`);
  expect(check).toEqual({
    scheme: 'https',
    url: 'https://shop.example.com/health?deep=1',
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: '{}',
    followRedirects: 3,
    basicAuth: { username: 'monitor', passwordSecret: 'shop-password' },
    bearerSecret: null,
    maxBodyBytes: 1000,
    freshConnection: true,
    tls: { verify: false, servername: 'shop.example.com', caFile: 'ca.pem' },
  });
});

test.each([
  ['250ms', 250],
  ['1s', 1000],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['5ms', 5],
])('the interval %s is %d ms', (text, everyMs) => {
  expect(endpointOf(`a:\n  interval: ${text}`).schedule).toEqual({
    kind: 'interval',
    everyMs,
    failEveryMs: everyMs,
  });
});

test.each([
  // interval, timeout, stale_after
  ['5ms', 1000, 10_000],
  ['1s', 1000, 10_000],
  ['3s', 3000, 12_000],
  ['5s', 5000, 20_000],
  ['60s', 5000, 185_000],
])(
  'with an interval of %s a check may take %d ms and %d ms may pass without a result',
  (interval, timeoutMs, staleAfterMs) => {
    const endpoint = endpointOf(`a:\n  interval: ${interval}`);
    expect(endpoint.timeoutMs).toBe(timeoutMs);
    expect(endpoint.rule.staleAfterMs).toBe(staleAfterMs);
  },
);

test('the longer of both intervals says when a result is overdue', () => {
  expect(endpointOf('a:\n  interval: 1s\n  interval_fail: 1m').rule.staleAfterMs).toBe(181_000);
});

test('a cron endpoint is overdue after three of its longest gaps', () => {
  const endpoint = endpointOf('a:\n  cron_schedule: "0 8 * * MON-FRI"\n  timezone: Europe/Berlin');
  expect(endpoint.schedule).toEqual({
    kind: 'cron',
    expression: '0 8 * * MON-FRI',
    timezone: 'Europe/Berlin',
    failEveryMs: null,
  });
  const days = 86_400_000;
  const hour = 3_600_000;
  // From Friday to Monday, once with the hour that the end of summer time adds or its start takes away.
  const gapMs = (endpoint.rule.staleAfterMs - 5000) / 3;
  expect([3 * days, 3 * days + hour]).toContain(gapMs);
});

test('a cron endpoint may look more often while it fails', () => {
  expect(endpointOf('a:\n  cron_schedule: "* * * * *"\n  interval_fail: 1s').schedule).toMatchObject({
    kind: 'cron',
    timezone: 'UTC',
    failEveryMs: 1000,
  });
});

test.each([
  ['db.example.com:5432', '', { host: 'db.example.com', port: 5432 }],
  ['"[::1]:53"', '', { host: '::1', port: 53 }],
  ['192.0.2.1:80', '', { host: '192.0.2.1', port: 80 }],
  ['db.example.com', 'port: 5432', { host: 'db.example.com', port: 5432 }],
  ['"::1"', 'port: 53', { host: '::1', port: 53 }],
  ['the database', 'host: db.example.com\n  port: 5432', { host: 'db.example.com', port: 5432 }],
])('tcp %s with %j', (name, keys, address) => {
  expect(endpointOf(`${name}:\n  scheme: tcp\n  ${keys}`).check).toEqual({
    scheme: 'tcp',
    ...address,
    send: null,
    expectBanner: null,
  });
});

test('tls has what tcp has, and its own', () => {
  const check = endpointOf(
    'mail.example.com:465:\n  scheme: tls\n  send: "QUIT\\r\\n"\n  expect_banner: "^220 "',
  ).check;
  expect(check).toEqual({
    scheme: 'tls',
    host: 'mail.example.com',
    port: 465,
    send: 'QUIT\r\n',
    expectBanner: '^220 ',
    freshConnection: false,
    tls: { verify: true, servername: null, caFile: null },
  });
});

test.each([
  ['', null],
  ['resolver: 192.0.2.1', '192.0.2.1:53'],
  ['resolver: 192.0.2.1:5353', '192.0.2.1:5353'],
  ['resolver: "[2001:db8::1]"', '[2001:db8::1]:53'],
  ['resolver: "[2001:db8::1]:5353"', '[2001:db8::1]:5353'],
])('dns with %j asks %s', (keys, resolver) => {
  expect(endpointOf(`example.com:\n  scheme: dns\n  ${keys}`).check).toEqual({
    scheme: 'dns',
    host: 'example.com',
    recordType: 'A',
    resolver,
  });
});

test('exec has a plain name, and SIGKILL comes one second after the rest', () => {
  const { check, name } = endpointOf(
    'disk-space:\n  scheme: exec\n  interval: 2s\n  test: /bin/df\n  test_arguments: [-P, /]',
  );
  expect(name).toBe('disk-space');
  expect(check).toEqual({
    scheme: 'exec',
    command: { kind: 'program', program: '/bin/df', arguments: ['-P', '/'] },
    interruptAfterMs: 2000,
    killAfterMs: 3000,
  });
});

test('the keys that hfm has keep their meaning', () => {
  const endpoint = endpointOf(`
lb:
  scheme: exec
  status: always-fail
  interval: 1s
  interval_fail: 5s
  start_delay: 3s
  runs: 10
  timeout_int: 2s
  timeout_kill: 4s
  test_shell: exit 1
  failure_threshold: 3
  success_threshold: 2
`);
  expect(endpoint).toMatchObject({
    status: 'always-fail',
    schedule: { everyMs: 1000, failEveryMs: 5000 },
    startDelayMs: 3000,
    runs: 10,
    check: { command: { kind: 'shell', line: 'exit 1' }, interruptAfterMs: 2000, killAfterMs: 4000 },
    rule: { failureThreshold: 3, successThreshold: 2 },
  });
});

test('success tests are a list, in either form', () => {
  const { successTests } = endpointOf(`
a:
  success_test:
    - status_code == 200 && latency_ms < 300
    - { key: checks.db, value: true }
    - json.ok
`);
  expect(successTests).toEqual([
    { kind: 'cel', expression: 'status_code == 200 && latency_ms < 300' },
    { kind: 'equals', key: 'checks.db', value: true },
    { kind: 'cel', expression: 'json.ok' },
  ]);
});

test('maintenance is in UTC unless it says otherwise', () => {
  const { rule } = endpointOf(`
a:
  maintenance:
    - { cron: "0 2 * * *", duration: 1h }
    - { cron: "0 2 * * *", duration: 1h, timezone: Europe/Berlin }
    - { from: 2026-12-24T18:00:00Z, to: 2026-12-24T20:00:00+01:00 }
    - { from: 2026-12-24 18:00, to: 2026-12-25 }
`);
  expect(rule.maintenance).toEqual([
    { kind: 'cron', expression: '0 2 * * *', timezone: 'UTC', durationMs: 3_600_000 },
    { kind: 'cron', expression: '0 2 * * *', timezone: 'Europe/Berlin', durationMs: 3_600_000 },
    { kind: 'range', fromMs: Date.UTC(2026, 11, 24, 18), toMs: Date.UTC(2026, 11, 24, 19) },
    { kind: 'range', fromMs: Date.UTC(2026, 11, 24, 18), toMs: Date.UTC(2026, 11, 25) },
  ]);
});

test('depends_on takes names and ids, of other files too, and of the monitor itself', () => {
  const { config, problems } = compileFiles({
    'a.yml': 'shop.example.com:\n  depends_on: [gateway.example.com, db-example-com-5432, self]\n',
    'b.yml': 'gateway.example.com:\ndb.example.com:5432:\n  scheme: tcp\n',
  });
  expect(problems).toEqual([]);
  expect(config.endpoints[0]?.rule.dependsOn).toEqual(['gateway-example-com', 'db-example-com-5432', 'self']);
});

test('anchors and merge keys work, and a problem in what is merged is found where it stands', () => {
  const text = (interval: string) => `
a.example.com: &common
  interval: ${interval}
  labels: { team: shop }
b.example.com:
  <<: *common
  timeout: 2s
`;
  const { config } = compileFiles({ 'shop.yml': text('2s') });
  expect(config.endpoints[1]).toMatchObject({ timeoutMs: 2000, schedule: { everyMs: 2000 } });
  expect(said(compileFiles({ 'shop.yml': text('2') }))).toEqual([
    'shop.yml:3:13: interval is "2". Add a unit: "2s" or "2ms".',
    'shop.yml:3:13: interval is "2". Add a unit: "2s" or "2ms".',
  ]);
});

test('self is there without a word of it, and last', () => {
  const { config } = compileFiles({ 'a.yml': 'a.example.com:\n', 'b.yml': '' });
  expect(config.endpoints.map(({ id }) => id)).toEqual(['a-example-com', 'self']);
  expect(config.endpoints[1]).toMatchObject({
    name: 'self',
    schedule: { kind: 'interval', everyMs: 10_000, failEveryMs: 10_000 },
    timeoutMs: 5000,
    check: { scheme: 'self' },
    successTests: [],
    targets: [],
    rule: { id: 'self', failureThreshold: 1, staleAfterMs: 35_000 },
  });
});

test('self has keys of its own, and its values are placeholders', () => {
  const { config, problems } = compileFiles({
    'a.yml':
      'self:\n  interval: 1s\n  failure_threshold: 2\n  success_test: lateness_ms < 100\n  post_endpoint: https://example.com\n  post_json_info: { text: "{name}: {loop.lateness_ms}" }\n',
    'b.yml': 'b.example.com:\n',
  });
  expect(problems).toEqual([]);
  expect(config.endpoints.at(-1)).toMatchObject({
    source: 'a.yml:1',
    schedule: { everyMs: 1000 },
    successTests: [{ kind: 'cel', expression: 'lateness_ms < 100' }],
    targets: ['self/1'],
    rule: { failureThreshold: 2 },
  });
});
