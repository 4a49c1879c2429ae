import * as z from 'zod';
import { compilePattern } from '../../expression/pattern.ts';
import { key } from './key.ts';
import { HEADER_FIX, HEADER_NAME, inlineTargetShape, targetSchema } from './target-schema.ts';
import {
  cron,
  duration,
  flag,
  instant,
  oneOf,
  rejected,
  secretName,
  text,
  textMap,
  timezone,
  webUrl,
  whichOf,
  whole,
  word,
} from './values.ts';

export const schemes = ['http', 'https', 'tcp', 'tls', 'dns', 'exec'] as const;

const HTTP = ['http', 'https'];
const TCP = ['tcp', 'tls'];
const EXEC = ['exec'];
const SHORTEST_INTERVAL_MS = 5;

const schemeSchema = z.enum(schemes, {
  error: ({ input }) => (input === 'heartbeat' ? 'It is not supported yet' : whichOf(input, schemes)),
});

const regularExpression = text('Write a regular expression in quotes', 1000).check(context => {
  const compiled = compilePattern(context.value);
  if (compiled.kind === 'invalid')
    context.issues.push({
      code: 'custom',
      input: context.value,
      message: compiled.fix,
      params: { at: compiled.at },
    });
});

const host = word(
  'Write a host name or an IP address, without scheme, port or path',
  /^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,251}[\p{L}\p{N}])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/u,
);
const RESOLVER = /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?)$/;

const dottedPath = word('Write keys joined by dots: checks.db.latency', /^[^.\s{}]+(?:\.[^.\s{}]+)*$/);

const scalar = z.union(
  [z.string(), z.number(), z.boolean(), z.null()],
  'Write a text, a number, true, false or null',
);
const successTest = z.union(
  [z.string(), z.strictObject({ key: dottedPath, value: scalar })],
  'Write a CEL expression, or { key: status, value: ok }',
);

const maintenance = z.union(
  [
    z.strictObject({ cron: cron(), duration: duration(1000), timezone: timezone().optional() }),
    z
      .strictObject({ from: instant(), to: instant() })
      .refine(({ from, to }) => from < to, { error: 'Write an instant after "from"', path: ['to'] }),
  ],
  'Write { cron: "0 2 * * *", duration: 1h } or { from: 2026-12-24T18:00:00Z, to: 2026-12-24T20:00:00Z }',
);

const names = (example: string, maximum: number) =>
  z.array(text(), `Write a list: [${example}]`).max(maximum, `Write at most ${maximum}`);

/** What a rule and its notifications need; `self` has these too. */
const ruleShape = {
  interval: key(duration(SHORTEST_INTERVAL_MS), {
    help: 'Period, on an absolute grid; not together with `cron_schedule`',
    default: '`60s`; `10s` for `self`',
  }),
  interval_fail: key(duration(SHORTEST_INTERVAL_MS), {
    help: 'Period while the rule is failing',
    default: 'the `interval` or `cron_schedule`',
  }),
  timeout: key(duration(1), {
    help: 'For the whole check, from its start; a check past it has failed with the reason `timeout`',
    default: 'the smaller of `interval` and `5s`, but at least `1s`',
  }),
  success_test: key(
    z.union(
      [successTest, z.array(successTest)],
      'Write a CEL expression, { key: status, value: ok }, or a list of them',
    ),
    {
      help: 'What must hold: a CEL expression, `{ key, value }` for a value in the JSON answer, or a list of both',
      default: "the scheme's own criterion",
    },
  ),
  failure_threshold: key(whole(1, 65_535), {
    help: 'Failures in a row before the state is `fail`',
    default: '`1`',
  }),
  success_threshold: key(whole(1, 65_535), {
    help: 'Successes in a row before the state is `ok` again',
    default: '`1`',
  }),
  remind_every: key(duration(SHORTEST_INTERVAL_MS), {
    help: 'Repeat the fail notification while failing',
    default: 'never',
  }),
  stale_after: key(duration(SHORTEST_INTERVAL_MS), {
    help: 'Without a result for so long the state becomes `unknown`',
    default: '3 × `interval` + `timeout`, but at least `10s`',
  }),
  status: key(oneOf(['enabled', 'disabled', 'always-fail', 'always-success']), {
    help: '`disabled` is not checked; `always-fail` and `always-success` give that result without a check',
    default: '`enabled`',
  }),
  maintenance: key(z.array(maintenance, 'Write a list').max(100, 'Write at most 100'), {
    help: 'Windows in which checks run and nothing is delivered: `{ cron, duration, timezone }` or `{ from, to }`',
    default: '`[]`',
  }),
  group: key(text('Write a short text', 200), { help: 'For dashboards and notifications' }),
  labels: key(
    textMap('Write a map: { team: shop }', /^[^\s{}]{1,100}$/, 'Name a label without spaces and braces'),
    { help: 'For dashboards and notifications: `{label.team}`', default: '`{}`' },
  ),
  description: key(text(), { help: 'For dashboards and notifications' }),
  runbook: key(text(), { help: 'What to do when it fails: an address or a text' }),
  targets: key(
    z
      .array(
        z.union([z.string(), targetSchema], 'Write the name of a target, or the keys of one'),
        'Write a list of names: [ops]',
      )
      .max(50, 'Write at most 50'),
    { help: 'Names of targets, or targets written out', default: 'none' },
  ),
  ...inlineTargetShape,
};

const endpointShape = {
  scheme: key(schemeSchema, {
    help: 'Kind of probe: `http`, `https`, `tcp`, `tls`, `dns`, `exec`',
    default: '`https`',
  }),
  url: key(webUrl(), {
    help: 'Full address, when the name is not the address',
    for: HTTP,
    default: '`scheme://name`',
  }),
  host: key(host, {
    help: 'Host to connect to, or name to look up, when the name does not say it',
    for: ['tcp', 'tls', 'dns'],
    default: 'from the name',
  }),
  port: key(whole(1, 65_535), {
    help: 'Port, when the name is not `host:port`',
    for: TCP,
    default: 'from the name',
  }),
  cron_schedule: key(cron(), {
    help: 'Five-field cron expression in UTC, in quotes, instead of `interval`',
  }),
  timezone: key(timezone(), { help: 'Time zone of `cron_schedule`', default: '`UTC`' }),
  start_delay: key(duration(0), { help: 'Wait before the first check', default: '`0s`' }),
  timeout_int: key(duration(1), {
    help: 'When SIGINT is sent to the process group',
    for: EXEC,
    default: 'the `timeout`',
  }),
  timeout_kill: key(duration(1), {
    help: 'When SIGKILL is sent to the process group',
    for: EXEC,
    default: '`1s` after the later of `timeout` and `timeout_int`',
  }),
  method: key(oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']), {
    help: 'HTTP method',
    for: HTTP,
    default: '`GET`',
  }),
  headers: key(textMap('Write a map: { Accept: application/json }', HEADER_NAME, HEADER_FIX), {
    help: 'Request headers',
    for: HTTP,
    default: '`{}`',
  }),
  body: key(text('Write a text', 256 * 1024), { help: 'Request body', for: HTTP, default: 'none' }),
  follow_redirects: key(whole(0, 10), { help: 'How many redirects are followed', for: HTTP, default: '`0`' }),
  basic_auth: key(
    z.strictObject(
      {
        username: text('Write the user name', 200),
        password_secret: secretName(),
        password: rejected('a password does not belong in a file; write its name in password_secret'),
      },
      'Write a map: { username: me, password_secret: name-of-the-secret }',
    ),
    { help: 'User name, and the name of the secret that holds the password', for: HTTP },
  ),
  bearer_secret: key(secretName(), { help: 'Name of the secret that holds a bearer token', for: HTTP }),
  max_body_bytes: key(whole(1, 64 * 1024 * 1024), {
    help: 'A larger answer fails with the reason `too-large`',
    for: HTTP,
    default: '`1048576`',
  }),
  fresh_connection: key(flag(), {
    help: 'A new connection for each check (DNS, TCP and TLS are timed) instead of keep-alive. Over https it resumes the last TLS session, with a whole handshake every 10 minutes; over tls each handshake is whole',
    for: [...HTTP, 'tls'],
    default: '`false`',
  }),
  tls_verify: key(flag(), { help: 'Check the certificate', for: ['https', 'tls'], default: '`true`' }),
  tls_servername: key(host, {
    help: 'Name to ask for and to check',
    for: ['https', 'tls'],
    default: 'the host',
  }),
  ca_file: key(text('Write the path of a PEM file', 1000), {
    help: 'PEM file of the authorities to trust',
    for: ['https', 'tls'],
    default: "Node's",
  }),
  record_type: key(oneOf(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SRV', 'SOA']), {
    help: 'Kind of record',
    for: ['dns'],
    default: '`A`',
  }),
  resolver: key(word('Write an address and a port: "192.0.2.1:53" or "[2001:db8::1]:53"', RESOLVER), {
    help: 'Name server, `ip:port`',
    for: ['dns'],
    default: "the system's",
  }),
  send: key(text(), { help: 'Text to send once connected', for: TCP, default: 'nothing' }),
  expect_banner: key(regularExpression, {
    help: 'Regular expression that the answer must match',
    for: TCP,
    default: 'none',
  }),
  test: key(text('Write the path of a program', 4096), {
    help: 'Program to run, without a shell',
    for: EXEC,
  }),
  test_arguments: key(z.array(text(), 'Write a list of texts').max(1000, 'Write at most 1000'), {
    help: 'Its arguments',
    for: EXEC,
    default: '`[]`',
  }),
  test_shell: key(text('Write one shell line'), {
    help: 'One line for `/bin/sh`, instead of `test`',
    for: EXEC,
  }),
  response_json_values: key(
    z.array(dottedPath, 'Write a list: [status, checks.db.latency]').max(100, 'Write at most 100'),
    {
      help: 'Dotted paths into the JSON answer; each becomes an event and a {placeholder}',
      for: [...HTTP, ...EXEC],
      default: '`[]`',
    },
  ),
  runs: key(whole(0, Number.MAX_SAFE_INTEGER), {
    help: 'Stop after so many runs; 0 is never',
    default: '`0`',
  }),
  depends_on: key(names('gateway.example.com', 100), {
    help: "Names of endpoints; while one of them fails, this one's fail is recorded and not delivered",
    default: '`[]`',
  }),
};

const A_MAP = 'Write keys below it, indented: "interval: 1s"';

export const endpointSchema = z
  .strictObject({ ...endpointShape, ...ruleShape }, A_MAP)
  .meta({ id: 'endpoint' });
export type EndpointKeys = z.infer<typeof endpointSchema>;

export const selfSchema = z.strictObject(ruleShape, A_MAP);

export const ruleKeys: readonly string[] = Object.keys(ruleShape);
