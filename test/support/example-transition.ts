import type { EndpointId } from '../../lib/domain/endpoint.ts';
import type { Destination, Target } from '../../lib/domain/target.ts';
import type { TargetName } from '../../lib/domain/target-name.ts';
import type { Transition } from '../../lib/domain/transition.ts';

/** A shop's health check that has just begun to fail, after 2 h 5 min. */
export const exampleTransition = (changes: Partial<Transition> = {}): Transition => ({
  id: 'shop-example-com-health#7',
  ruleId: 'shop-example-com-health' as EndpointId,
  version: 7,
  kind: 'fail',
  state: 'fail',
  previousState: 'ok',
  atMs: 1_790_000_000_250.625,
  sinceMs: 1_790_000_000_250.625,
  previousDurationMs: 7_500_000.4,
  reason: 'status',
  error: 'status 503, expected 200 to 399',
  latencyMs: 12.3456,
  statusCode: 503,
  values: { status: 'down', 'checks.db.latency': 41.5 },
  subject: {
    name: 'shop.example.com/health',
    group: 'shop',
    labels: { team: 'payments' },
    description: null,
    runbook: 'https://runbooks.example.com/shop',
  },
  suppressed: null,
  merged: 0,
  saved: true,
  handedAtMs: null,
  ...changes,
});

export const exampleTarget = (to: Destination, name = 'ops'): Target => ({
  name: name as TargetName,
  source: 'endpoints/shop.yml:3',
  on: ['fail', 'ok', 'unknown', 'reminder'],
  maxPerSecond: 10,
  to,
});

export const webhookTo = (
  url: string,
  changes: Partial<Extract<Destination, { readonly kind: 'webhook' }>> = {},
): Destination => ({
  kind: 'webhook',
  url,
  method: 'POST',
  headers: {},
  body: null,
  apiKey: null,
  ...changes,
});
