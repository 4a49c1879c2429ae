import { createHash } from 'node:crypto';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Config } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { alarmPeriodS, metricsOf, targetsOf } from '../plan/endpoint-usage.ts';
import { MOST_ALARMS_IN_MONITOR_STACK } from '../plan/stack-limits.ts';
import { plainText } from './plain-text.ts';
import { shortHash } from './short-hash.ts';

/** An endpoint with a target that says `alarm: true`, in that target's namespace. */
export type AlarmedEndpoint = {
  readonly endpoint: Endpoint;
  readonly namespace: string;
  readonly periodS: number;
};

export const alarmedEndpoints = (config: Config): readonly AlarmedEndpoint[] => {
  const targets = targetsOf(config);
  return config.endpoints.flatMap(endpoint =>
    [...metricsOf(endpoint, targets).values()]
      .filter(({ alarm }) => alarm)
      .map(to => ({ endpoint, namespace: to.namespace, periodS: alarmPeriodS(endpoint, to) })),
  );
};

/** On average: by hash some stacks get more than others, and CloudFormation takes 500 resources. */
const MEAN_A_STACK = 400;

export type AlarmStacks = {
  readonly inMonitorStack: readonly AlarmedEndpoint[];
  readonly further: readonly (readonly AlarmedEndpoint[])[];
};

/** An alarm stays in its stack while others come and go, until their number doubles. */
export const alarmStacks = (alarmed: readonly AlarmedEndpoint[]): AlarmStacks => {
  if (alarmed.length <= MOST_ALARMS_IN_MONITOR_STACK) return { inMonitorStack: alarmed, further: [] };
  let count = 1;
  while (count * MEAN_A_STACK < alarmed.length) count *= 2;
  const further: AlarmedEndpoint[][] = Array.from({ length: count }, () => []);
  for (const one of alarmed) further[hashOf(one) % count]?.push(one);
  return { inMonitorStack: [], further };
};

const hashOf = ({ endpoint }: AlarmedEndpoint): number =>
  createHash('sha256').update(endpoint.id).digest().readUInt32BE();

const descriptionOf = ({ name, rule }: Endpoint): string => {
  const { description, runbook } = rule.subject;
  const texts = [`${name} fails.`, description, runbook].filter(text => text !== null);
  return plainText(texts.join(' ')).slice(0, 1024);
};

/** One alarm for each: for whoever looks at CloudWatch, since its targets are told anyway. */
export class EndpointAlarms extends Construct {
  constructor(scope: Construct, id: string, { alarmed }: { readonly alarmed: readonly AlarmedEndpoint[] }) {
    super(scope, id);
    for (const { endpoint, namespace, periodS } of alarmed)
      new CfnAlarm(this, `${endpoint.id}/${shortHash(endpoint.id, namespace)}`, {
        alarmDescription: descriptionOf(endpoint),
        namespace,
        metricName: 'State',
        dimensions: [{ name: 'Endpoint', value: endpoint.id }],
        statistic: 'Minimum',
        period: periodS,
        evaluationPeriods: 1,
        threshold: 1,
        comparisonOperator: 'LessThanThreshold',
        // No data is unknown, not fail.
        treatMissingData: 'missing',
      });
  }
}
