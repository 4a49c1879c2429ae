import type { Endpoint } from '../../domain/endpoint.ts';
import type { CheckReport } from '../../engine/events/observer.ts';
import type { EndpointStatus, Percentiles } from '../../engine/measures/status.ts';
import { rounded, roundedOrNull } from './rounded.ts';

const percentiles = ({ p50, p95, p99 }: Percentiles) => ({
  p50: roundedOrNull(p50),
  p95: roundedOrNull(p95),
  p99: roundedOrNull(p99),
});

const instant = (atMs: number | null): number | null => (atMs === null ? null : Math.floor(atMs));

const outcome = ({ atMs, lateMs, result }: CheckReport) => ({
  at_ms: instant(atMs),
  ok: result.ok,
  reason: result.reason,
  error: result.error,
  latency_ms: rounded(result.latencyMs),
  late_ms: rounded(lateMs),
});

const schedule = ({ schedule }: Endpoint) => ({
  interval_ms: schedule.kind === 'interval' ? schedule.everyMs : null,
  interval_fail_ms: schedule.failEveryMs,
  cron_schedule: schedule.kind === 'cron' ? schedule.expression : null,
  timezone: schedule.kind === 'cron' ? schedule.timezone : null,
});

/** An endpoint in the list. */
export const endpointView = ({ endpoint, state, last, ticks, latency, response }: EndpointStatus) => ({
  id: endpoint.id,
  name: endpoint.name,
  scheme: endpoint.check.scheme,
  state: state.state,
  since_ms: instant(state.sinceMs),
  last: last && outcome(last),
  ticks,
  latency_ms: percentiles(latency),
  response_ms: percentiles(response),
  status: endpoint.status,
  group: endpoint.rule.subject.group,
  labels: endpoint.rule.subject.labels,
  interval_ms: schedule(endpoint).interval_ms,
});

/** An endpoint on its own. */
export const endpointDetailView = (status: EndpointStatus) => {
  const { endpoint, state, last } = status;
  const { rule } = endpoint;
  return {
    ...endpointView(status),
    ...schedule(endpoint),
    last: last && {
      ...outcome(last),
      phases: {
        dns_ms: roundedOrNull(last.result.phases.dnsMs),
        connect_ms: roundedOrNull(last.result.phases.connectMs),
        tls_ms: roundedOrNull(last.result.phases.tlsMs),
        ttfb_ms: roundedOrNull(last.result.phases.ttfbMs),
      },
      status_code: last.result.statusCode,
      exit_code: last.result.exitCode,
      cert_days_left: roundedOrNull(last.result.certDaysLeft),
      values: last.result.values,
    },
    streak: { ok: state.streakOk, length: state.streak },
    runs: state.runs,
    failures: state.failures,
    transitions: state.version,
    timeout_ms: endpoint.timeoutMs,
    failure_threshold: rule.failureThreshold,
    success_threshold: rule.successThreshold,
    stale_after_ms: rule.staleAfterMs,
    depends_on: rule.dependsOn,
    targets: endpoint.targets,
    description: rule.subject.description,
    runbook: rule.subject.runbook,
    source: endpoint.source,
  };
};
