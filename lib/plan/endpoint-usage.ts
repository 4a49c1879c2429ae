import type { Config } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { Target } from '../domain/target.ts';
import { kindOf } from '../schedule/load.ts';
import { ENDPOINT_METRICS, transitions } from './assumptions.ts';
import { sumUsage, timesUsage } from './bill.ts';
import type { Usage } from './prices.ts';

type CloudWatch = Extract<Target['to'], { readonly kind: 'cloudwatch' }>;

export type Targets = ReadonlyMap<string, Target>;
export const targetsOf = ({ targets }: Pick<Config, 'targets'>): Targets =>
  new Map(targets.map(target => [target.name, target]));

const namedBy = (endpoint: Endpoint, targets: Targets): readonly Target[] =>
  endpoint.targets.flatMap(name => targets.get(name) ?? []);

/** Targets of one namespace put the same metrics; the finer resolution counts. */
export const metricsOf = (endpoint: Endpoint, targets: Targets): ReadonlyMap<string, CloudWatch> => {
  const byNamespace = new Map<string, CloudWatch>();
  for (const { to } of namedBy(endpoint, targets)) {
    if (to.kind !== 'cloudwatch') continue;
    const other = byNamespace.get(to.namespace);
    byNamespace.set(to.namespace, {
      ...to,
      alarm: to.alarm || (other?.alarm ?? false),
      resolutionS: other?.resolutionS === 1 ? 1 : to.resolutionS,
    });
  }
  return byNamespace;
};

/** The data a minute that go to each namespace: a metric that is kept by the second makes one each second. */
export const metricNamespaces = ({ endpoints, ...config }: Config): ReadonlyMap<string, number> => {
  const targets = targetsOf(config);
  const data = new Map<string, number>();
  for (const endpoint of endpoints)
    for (const { namespace, resolutionS } of metricsOf(endpoint, targets).values())
      data.set(namespace, (data.get(namespace) ?? 0) + (ENDPOINT_METRICS * 60) / resolutionS);
  return data;
};

/** How often an alarm on an endpoint looks. A burst's metrics are put once a minute, however fine they are: to an alarm
 *  that looks more often they would be missing most of the time. */
export const alarmPeriodS = (endpoint: Endpoint, { resolutionS }: CloudWatch): 10 | 60 =>
  resolutionS === 1 && kindOf(endpoint) === 'loop' ? 10 : 60;

const metricUsage = (endpoint: Endpoint, to: CloudWatch): Usage => ({
  metrics: ENDPOINT_METRICS,
  ...(to.alarm && { [alarmPeriodS(endpoint, to) === 10 ? 'quickAlarms' : 'alarms']: 1 }),
});

/** All that goes over the bus goes in one event; what is for an eventbridge target is one of its own. */
const deliveryUsage = (targets: readonly Target[]): Usage => {
  const kinds = targets.map(({ to }) => to.kind);
  const events = kinds.filter(kind => kind === 'eventbridge').length;
  const isOnBus = kinds.some(kind => kind !== 'eventbridge' && kind !== 'cloudwatch');
  return {
    customEvents: events + (isOnBus ? 1 : 0),
    apiDestinationCalls: kinds.filter(kind => kind === 'webhook').length,
    putMetricData: kinds.filter(kind => kind === 'cloudwatch').length,
  };
};

const perTransition: Usage = {
  dynamodbWrites: transitions.writes,
  dynamodbGb: (transitions.historyMonths * transitions.storedBytes) / 1024 ** 3,
  dynamodbBackupGb: (transitions.historyMonths * transitions.storedBytes) / 1024 ** 3,
  logGb: transitions.logBytes / 1024 ** 3,
};

/** What comes of an endpoint's checks in a month: transitions, their deliveries, metrics and alarms. */
export const endpointUsage = (endpoint: Endpoint, targets: Targets): Usage =>
  sumUsage([
    ...[...metricsOf(endpoint, targets).values()].map(to => metricUsage(endpoint, to)),
    timesUsage(transitions.perEndpoint, sumUsage([perTransition, deliveryUsage(namedBy(endpoint, targets))])),
  ]);
