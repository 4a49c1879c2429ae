import { expect, test } from '@jest/globals';
import { compileFiles, named, said } from './compiled.ts';

const http = (text: string) => `${text}\n`;

test('the closest value wins, key by key: maps merge, lists replace', () => {
  const compiled = compileFiles({
    'defaults.yml': http(`
defaults:
  interval: 10s
  headers: { Accept: application/json, X-From: root }
  labels: { team: core, tier: "1" }
  targets: [ops]
targets:
  ops: { recipients: [ops@example.com] }
  shop: { recipients: [shop@example.com] }`),
    'shop/defaults.yml': http(`
defaults:
  timeout: 2s
  headers: { x-from: shop }`),
    'shop/eu/front.yml': http(`
defaults:
  labels: { team: shop }
front.example.com:
  interval: 1s
  targets: [shop]`),
    'other.yml': http('other.example.com:'),
  });
  expect(said(compiled)).toEqual([]);
  const front = named(compiled, 'front.example.com');
  expect(front).toMatchObject({ schedule: { everyMs: 1000 }, timeoutMs: 2000, targets: ['shop'] });
  expect(front.check).toMatchObject({ headers: { Accept: 'application/json', 'x-from': 'shop' } });
  expect(front.rule.subject.labels).toEqual({ team: 'shop', tier: '1' });
  const other = named(compiled, 'other.example.com');
  expect(other).toMatchObject({ schedule: { everyMs: 10_000 }, timeoutMs: 5000, targets: ['ops'] });
  expect(other.check).toMatchObject({ headers: { Accept: 'application/json', 'X-From': 'root' } });
});

test('a closer interval sets a cron_schedule aside, and the other way round', () => {
  const compiled = compileFiles({
    'a.yml': 'defaults:\n  cron_schedule: "0 * * * *"\na.example.com:\n  interval: 1s\n',
    'b.yml': 'defaults:\n  interval: 1s\nb.example.com:\n  cron_schedule: "0 * * * *"\n',
  });
  expect(said(compiled)).toEqual([]);
  expect(named(compiled, 'a.example.com').schedule.kind).toBe('interval');
  expect(named(compiled, 'b.example.com').schedule.kind).toBe('cron');
});

test('defaults that do not apply to a scheme are left out there', () => {
  const compiled = compileFiles({
    'a.yml':
      'defaults:\n  method: HEAD\n  headers: { A: b }\ndb.example.com:5432:\n  scheme: tcp\nweb.example.com:\n',
  });
  expect(said(compiled)).toEqual([]);
  expect(named(compiled, 'web.example.com').check).toMatchObject({ method: 'HEAD' });
});

test('what the defaults depend on does not depend on itself', () => {
  const compiled = compileFiles({
    'a.yml': 'defaults:\n  depends_on: [gateway.example.com]\ngateway.example.com:\nshop.example.com:\n',
  });
  expect(said(compiled)).toEqual([]);
  expect(named(compiled, 'gateway.example.com').rule.dependsOn).toEqual([]);
  expect(named(compiled, 'shop.example.com').rule.dependsOn).toEqual(['gateway-example-com']);
});

test('each endpoint has its own copy of a target that stands in the defaults', () => {
  const compiled = compileFiles({
    'a.yml':
      'defaults:\n  post_endpoint: https://example.com/hook\na.example.com:\nb.example.com:\n  post_method: PUT\n',
  });
  expect(said(compiled)).toEqual([]);
  expect(compiled.config.targets).toMatchObject([
    { name: 'a-example-com/1', to: { method: 'POST' } },
    { name: 'b-example-com/1', to: { method: 'PUT', url: 'https://example.com/hook' } },
  ]);
});

test('of the defaults only where to deliver reaches self, and only where self is written', () => {
  const defaults =
    'defaults:\n  interval: 1s\n  failure_threshold: 9\n  success_test: status_code == 200\n  targets: [ops]\n';
  const targets = 'targets:\n  ops: { recipients: [ops@example.com] }\n';
  const silent = compileFiles({ 'defaults.yml': defaults + targets });
  expect(named(silent, 'self').targets).toEqual([]);
  const written = compileFiles({ 'defaults.yml': defaults + targets, 'self.yml': 'self:\n' });
  expect(said(written)).toEqual([]);
  expect(named(written, 'self')).toMatchObject({
    schedule: { everyMs: 10_000 },
    successTests: [],
    targets: ['ops'],
    rule: { failureThreshold: 1 },
  });
});
