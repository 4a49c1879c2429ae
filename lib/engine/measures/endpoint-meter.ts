import type { Config } from '../../domain/config.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import type { Metric, MetricResolution } from '../../domain/metric.ts';
import type { State } from '../../domain/transition.ts';
import type { CheckReport } from '../events/observer.ts';
import { add, createDistribution, drain } from './distribution.ts';
import { createPeriods } from './metric-periods.ts';

/** Metrics that an endpoint's target asks for. */
export type WantedMetrics = {
  readonly id: EndpointId;
  readonly namespace: string;
  readonly resolutionS: MetricResolution;
};

/** Metrics of each endpoint, once for each namespace, as fine as any of its targets wants them. */
export const wantedMetrics = ({ endpoints, targets }: Config): readonly WantedMetrics[] => {
  const named = new Map(targets.map(target => [target.name, target.to]));
  return endpoints.flatMap(({ id, targets: names }) => {
    const finest = new Map<string, MetricResolution>();
    for (const name of names) {
      const to = named.get(name);
      if (to?.kind === 'cloudwatch' && finest.get(to.namespace) !== 1)
        finest.set(to.namespace, to.resolutionS);
    }
    return Array.from(finest, ([namespace, resolutionS]) => ({ id, namespace, resolutionS }));
  });
};

const VALUE: { readonly [state in State]: number | null } = { ok: 1, fail: 0, unknown: null };

/** `Up` and `LatencyMs` of every check, and the `State` at each collection. Transitions are put as they happen. */
export const createEndpointMeter = ({ id, namespace, resolutionS }: WantedMetrics, closed: Metric[]) => {
  const latency = createDistribution();
  let up = 0;

  const metric = (name: string, unit: Metric['unit'], atMs: number, values: Metric['values']): Metric => ({
    namespace,
    name,
    unit,
    dimensions: { Endpoint: id },
    atMs,
    resolutionS,
    values,
  });

  const periods = createPeriods(resolutionS, closed, atMs => {
    const { total } = latency;
    if (total === 0) return [];
    const counts = [[1, up] as const, [0, total - up] as const].filter(([, count]) => count > 0);
    up = 0;
    return [metric('Up', 'None', atMs, counts), metric('LatencyMs', 'Milliseconds', atMs, drain(latency))];
  });

  return {
    id,
    periods,
    check: ({ atMs, result }: CheckReport): void => {
      periods.reach(atMs);
      add(latency, result.latencyMs);
      if (result.ok) up++;
    },
    state: (state: State, atMs: number): readonly Metric[] => {
      const value = VALUE[state];
      return value === null ? [] : [metric('State', 'None', atMs, [[value, 1]])];
    },
  };
};
