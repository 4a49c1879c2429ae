import type { Endpoint, EndpointId } from '../../lib/domain/endpoint.ts';
import type { ProbeResult } from '../../lib/domain/result.ts';
import type { Rule } from '../../lib/domain/rule.ts';
import type { Destination, Target } from '../../lib/domain/target.ts';
import type { TargetName } from '../../lib/domain/target-name.ts';

export const endpointId = (id: string): EndpointId => id as EndpointId;
export const targetName = (name: string): TargetName => name as TargetName;

export const ruleOf = (id: string, rule: Partial<Rule> = {}): Rule => ({
  id: endpointId(id),
  failureThreshold: 1,
  successThreshold: 1,
  remindEveryMs: null,
  staleAfterMs: 10_000,
  onSilence: 'unknown',
  maintenance: [],
  dependsOn: [],
  subject: { name: id, group: null, labels: {}, description: null, runbook: null },
  ...rule,
});

/** A compiled endpoint with the format's defaults, checked every 100 ms by TCP. */
export const endpointOf = (
  id: string,
  given: Partial<Omit<Endpoint, 'id' | 'rule'>> = {},
  rule: Partial<Rule> = {},
): Endpoint => ({
  id: endpointId(id),
  name: id,
  source: 'test.yml:1',
  status: 'enabled',
  schedule: { kind: 'interval', everyMs: 100, failEveryMs: 100 },
  startDelayMs: 0,
  timeoutMs: 1000,
  runs: 0,
  check: { scheme: 'tcp', host: '127.0.0.1', port: 1, send: null, expectBanner: null },
  jsonValues: [],
  successTests: [],
  rule: ruleOf(id, rule),
  targets: [],
  ...given,
});

export const targetOf = (
  name: string,
  given: Partial<Omit<Target, 'name' | 'to'>> = {},
  to?: Destination,
): Target => ({
  name: targetName(name),
  source: 'test.yml:1',
  on: ['fail', 'ok', 'unknown', 'reminder'],
  maxPerSecond: 1000,
  to: to ?? { kind: 'run', command: ['true'], timeoutMs: 1000 },
  ...given,
});

const measured = {
  latencyMs: 1,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null },
  statusCode: null,
  exitCode: null,
  certDaysLeft: null,
  retries: 0,
  values: {},
};

export const success: ProbeResult = { ...measured, ok: true, reason: null, error: null };
export const failure: ProbeResult = {
  ...measured,
  ok: false,
  reason: 'connect',
  error: 'connection refused',
};
export const resultOf = (ok: boolean): ProbeResult => (ok ? success : failure);
