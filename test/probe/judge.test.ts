import { expect, test } from '@jest/globals';
import type { SuccessTest } from '../../lib/domain/endpoint.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Answer, type Asks, askWith, failed, measured } from '../../lib/probe/answer/answer.ts';
import { judge, testResults, wantedOf } from '../../lib/probe/answer/judge.ts';
import { jsonOrNone, parseJson } from '../../lib/probe/answer/parse-json.ts';
import { probeWith } from '../../lib/probe/probes.ts';
import { promised } from '../support/promised.ts';
import { endpointFor, httpCheck } from './asking.ts';

const answerOf = (body: string): Answer => {
  const json = () => parseJson(body, 'body');
  return {
    kind: 'answered',
    measures: { ...measured(412.34), statusCode: 200 },
    shortfall: { reason: 'status', error: 'status 200 is not liked today' },
    json,
    variables: () => ({
      status_code: 200n,
      latency_ms: 412.34,
      tls_ms: 0,
      headers: { 'content-type': 'application/json' },
      body,
      json: jsonOrNone(json()),
    }),
  };
};

const judged = (body: Json | string, ...successTests: readonly SuccessTest[]) =>
  judge(
    wantedOf(endpointFor(httpCheck('http://shop.test/'), { successTests })),
    answerOf(typeof body === 'string' ? body : JSON.stringify(body)),
  );

const cel = (expression: string): SuccessTest => ({ kind: 'cel', expression });
const equals = (key: string, value: string | number | boolean | null): SuccessTest => ({
  kind: 'equals',
  key,
  value,
});

const shop = { status: 'ok', n: 5, f: 1.5, none: null, checks: [{ state: 'up' }, { state: 'up' }] };

test.each([
  'status_code == 200 && latency_ms < 500',
  'status_code in [200, 201] && status_code + 1 == 201',
  'latency_ms > 412 && latency_ms < 412.5',
  'json.n == 5 && json.n < 10 && json.f > 1',
  'has(json.checks) && json.checks.all(c, c.state == "up")',
  '!has(json.missing) && json.none == null',
  'headers["content-type"].startsWith("application/json")',
  '"server" in headers || body.contains("ok")',
  'status_code == 200 || json.missing == 1',
])('%s holds', expression => {
  expect(judged(shop, cel(expression))).toMatchObject({ ok: true, error: null });
});

const failures: readonly (readonly [SuccessTest, Json | string, string])[] = [
  [cel('latency_ms < 300'), shop, 'latency_ms < 300 is false (latency_ms = 412.3)'],
  [
    cel('status_code == 201 && latency_ms < 300'),
    shop,
    'status_code == 201 && latency_ms < 300 is false (latency_ms = 412.3, status_code = 200)',
  ],
  [cel('json.status == "down"'), shop, 'json.status == "down" is false'],
  [cel('json.missing == 1'), shop, 'json.missing == 1: No such key: missing'],
  [cel('json.status == "ok"'), 'oops', 'json.status == "ok": the body is not JSON'],
  [cel('json.status == "ok"'), '', 'json.status == "ok": the body is empty, not JSON'],
  [cel('headers["x"] == "y"'), shop, 'headers["x"] == "y": No such key: x'],
  [cel('cert_days_left > 14'), shop, 'cert_days_left > 14: the answer has no cert_days_left'],
  [
    cel('json.n + 1 == 6'),
    shop,
    'json.n + 1 == 6: no such overload: dyn<double> + int. JSON numbers are doubles: write 1.0, not 1, beside + - * / %',
  ],
  [cel('json.status'), shop, 'json.status: is not true or false'],
  [cel('status_code =='), shop, 'status_code ==: Unexpected token: EOF'],
  [equals('status', 'up'), shop, 'status is "ok", expected "up"'],
  [equals('n', '5'), shop, 'n is 5, expected "5"'],
  [equals('checks.2.state', 'up'), shop, 'checks.2.state is not in the answer, expected "up"'],
  [equals('status', 'ok'), '<html>', 'status: the body is not JSON'],
  [equals('constructor', 'x'), shop, 'constructor is not in the answer, expected "x"'],
];

test.each(failures)('%j on %j fails', (successTest, body, error) => {
  expect(judged(body, successTest)).toMatchObject({ ok: false, reason: 'test', error });
});

test('all tests must hold, and the first that does not is told', () => {
  expect(judged(shop, equals('status', 'ok'), equals('none', null))).toMatchObject({ ok: true });
  expect(judged(shop, equals('status', 'ok'), equals('n', 6), equals('f', 0))).toMatchObject({
    error: 'n is 5, expected 6',
  });
});

test("without a test the scheme's own criterion counts", () => {
  expect(judged(shop)).toMatchObject({ ok: false, reason: 'status', error: 'status 200 is not liked today' });
});

test('one expression is judged anew on answers of other types', () => {
  const test = cel('json.n == "a" || json.n > 3');
  const verdict = (n: Json) => judged({ n }, test).ok;
  expect([5, 'a', 1, null, 'a', 5].map(verdict)).toEqual([true, true, false, false, true, true]);
});

test('the results name every test', () => {
  const endpoint = endpointFor(httpCheck('http://shop.test/'), {
    successTests: [equals('n', 6), cel('status_code == 200'), cel('json.x == 1')],
  });
  expect(testResults(endpoint, answerOf(JSON.stringify(shop)))).toEqual([
    { test: 'n is 6', passed: false, error: 'n is 5, expected 6' },
    { test: 'status_code == 200', passed: true, error: null },
    { test: 'json.x == 1', passed: false, error: 'json.x == 1: No such key: x' },
  ]);
  const noAnswer = failed(measured(1), { reason: 'connect', error: 'refused' });
  expect(testResults(endpoint, noAnswer).map(({ error }) => error)).toEqual(
    Array(3).fill('not evaluated: there is no answer'),
  );
});

test('a byte order mark does not hide JSON', () => {
  expect(judged(`\ufeff${JSON.stringify(shop)}`, equals('n', 5)).ok).toBe(true);
});

test('values are bounded', () => {
  const endpoint = endpointFor(httpCheck('http://shop.test/'), { jsonValues: ['text', 'list', 'small'] });
  const body = { text: 'x'.repeat(5000), list: Array(5000).fill(1), small: [1] };
  const { values } = judge(wantedOf(endpoint), answerOf(JSON.stringify(body)));
  expect(values.text).toBe(`${'x'.repeat(1024)}…`);
  expect(String(values.list)).toHaveLength(1025);
  expect(values.small).toEqual([1]);
});

test.each([
  ['asked', () => Promise.reject(new Error('oops'))],
  [
    'judged',
    async () => ({
      ...answerOf('{}'),
      json: () => {
        throw new Error('oops');
      },
    }),
  ],
])('a bug while an endpoint is %s is its failure alone', async (_, http) => {
  const probe = promised(probeWith({ http: askWith(http) } as unknown as Asks));
  const endpoint = endpointFor(httpCheck('http://shop.test/'), { jsonValues: ['status'] });
  expect(await probe(endpoint, new AbortController().signal)).toMatchObject({
    ok: false,
    reason: 'internal',
    error: 'this is a bug: oops',
  });
});

test('the tests of one answer have one time between them', () => {
  const many = { n: Array.from({ length: 2000 }, (_, at) => at) };
  const slow = (than: number) => cel(`json.n.all(a, a >= ${than}.0 - ${than}.0 && a < 1e9 && a != -1.0)`);
  const tests = Array.from({ length: 200 }, (_, at) => slow(at));
  expect(judged(many, tests[0] ?? cel('true'))).toMatchObject({ ok: true });
  expect(judged(many, ...tests)).toMatchObject({
    reason: 'test',
    error: expect.stringContaining('ended after 20 ms, all over 2000 items took too long on this answer'),
  });
});

test('an error of a test is short, whatever the answer holds', () => {
  const { error } = judged({ up: 'x'.repeat(100_000) }, cel('bool(json.up)'));
  expect(error).toMatch(/^bool\(json\.up\): bool\(\) conversion error: invalid string value "x+…$/);
  expect(error?.length).toBeLessThan(300);
});
