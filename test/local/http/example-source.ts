import type { Endpoint, EndpointId } from '../../../lib/domain/endpoint.ts';
import type { ProbeResult } from '../../../lib/domain/result.ts';
import { newRuleState, type Transition } from '../../../lib/domain/transition.ts';
import type { CheckReport } from '../../../lib/engine/events/observer.ts';
import type { EndpointStatus, LoopStatus } from '../../../lib/engine/measures/status.ts';
import type { Source } from '../../../lib/local/http/source.ts';

const idOf = (name: string): EndpointId =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') as EndpointId;

export const exampleEndpoint = (name: string, changes: Partial<Endpoint> = {}): Endpoint => ({
  id: idOf(name),
  name,
  source: 'shop.yml:1',
  status: 'enabled',
  schedule: { kind: 'interval', everyMs: 250, failEveryMs: 1000 },
  startDelayMs: 0,
  timeoutMs: 1000,
  runs: 0,
  check: {
    scheme: 'http',
    url: `http://${name}`,
    method: 'GET',
    headers: {},
    body: null,
    followRedirects: 0,
    basicAuth: null,
    bearerSecret: null,
    maxBodyBytes: 1024,
    freshConnection: false,
    tls: { verify: true, servername: null, caFile: null },
  },
  jsonValues: ['app'],
  successTests: [],
  rule: {
    id: idOf(name),
    failureThreshold: 3,
    successThreshold: 2,
    remindEveryMs: null,
    onSilence: 'unknown',
    staleAfterMs: 10_000,
    maintenance: [],
    dependsOn: [],
    subject: { name, group: 'shop', labels: { team: 'web' }, description: 'The shop', runbook: null },
  },
  targets: [],
  ...changes,
});

export const passed: ProbeResult = {
  ok: true,
  reason: null,
  error: null,
  latencyMs: 12.3,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: 11.1 },
  statusCode: 200,
  exitCode: null,
  certDaysLeft: 30.5,
  retries: 0,
  values: { app: 'shop' },
};

export const exampleCheck = (endpoint: Endpoint, result: ProbeResult = passed): CheckReport => ({
  endpoint,
  atMs: 1_790_000_000_250.7,
  lateMs: 0.4,
  result,
});

export const exampleStatus = (name: string, changes: Partial<EndpointStatus> = {}): EndpointStatus => {
  const endpoint = exampleEndpoint(name);
  return {
    endpoint,
    state: {
      ...newRuleState,
      state: 'ok',
      sinceMs: 1_790_000_000_000,
      version: 3,
      streak: 7,
      streakOk: true,
      runs: 400,
      failures: 2,
    },
    last: exampleCheck(endpoint),
    ticks: { due: 400, run: 398, late: 1, missed: 2 },
    latency: { p50: 11, p95: 14.1, p99: 20.7 },
    response: { p50: 11.4, p95: 14.6, p99: 21.9 },
    ...changes,
  };
};

export const exampleTransition = (
  name: string,
  version: number,
  changes: Partial<Transition> = {},
): Transition => ({
  id: `${idOf(name)}#${version}`,
  ruleId: idOf(name),
  version,
  kind: 'fail',
  state: 'fail',
  previousState: 'ok',
  atMs: 1_790_000_000_000.5 + version,
  sinceMs: 1_790_000_000_000 + version,
  previousDurationMs: 7_500_000,
  reason: 'status',
  error: 'answered 503',
  latencyMs: 12.34,
  statusCode: 503,
  values: {},
  subject: { name, group: null, labels: {}, description: null, runbook: null },
  suppressed: null,
  merged: 0,
  saved: true,
  handedAtMs: null,
  ...changes,
});

export const healthyLoop: LoopStatus = {
  endpoints: 2,
  failing: 0,
  unknown: 0,
  unchecked: 0,
  unsaved: 0,
  checksPerSecond: 8.04,
  latenessMs: { p50: 0.31234, p99: 1.5, max: 3 },
  missedTicks: 4,
  stalled: false,
  storeReachable: true,
  scalingLimitHit: false,
  endpointsFit: 2,
};

/** Plain data behind the API. The history is newest first, as asked for. */
export const exampleSource = (
  statuses: readonly EndpointStatus[],
  transitions: readonly Transition[] = [],
  loop: LoopStatus = healthyLoop,
): Source => {
  const byId = new Map(statuses.map(status => [status.endpoint.id, status]));
  const placeOf = ({ atMs, id }: Transition) => `${atMs}#${id}`;
  return {
    version: '1.2.3',
    status: () => loop,
    endpoints: () => byId.values(),
    endpoint: id => byId.get(id) ?? null,
    history: {
      list: async ({ endpoint, before, limit }) =>
        transitions
          .filter(transition => endpoint === null || transition.ruleId === endpoint)
          .filter(transition => before === null || placeOf(transition) < before)
          .toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
          .slice(0, limit),
    },
  };
};
