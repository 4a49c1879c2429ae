import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { monitorMetric } from './monitor-metrics.ts';
import { type RunbookPlace, runbookLink } from './runbook-link.ts';

export type DashboardProps = {
  readonly stage: string;
  readonly check: LambdaFunction;
  readonly sweep: LambdaFunction;
  readonly table: Table;
  readonly deadLetters: Queue;
  readonly alarms: readonly Alarm[];
  /** Namespaces of the metrics of endpoints. */
  readonly namespaces: readonly string[];
  readonly runbook: RunbookPlace;
};

const HALF = 12;
const WHOLE = 24;

const graph = (title: string, left: readonly IMetric[], width = HALF): IWidget =>
  new GraphWidget({ title, left: [...left], width, height: 6, leftYAxis: { min: 0 } });

/** Finds the metrics when the dashboard is looked at: endpoints come and go without a change of it. */
const search = (namespace: string, metricName: string, statistic: string): IMetric =>
  new MathExpression({
    expression: `SEARCH('{"${namespace}",Endpoint} MetricName="${metricName}"', '${statistic}', 60)`,
    usingMetrics: {},
    label: '',
    period: Duration.minutes(1),
  });

const endpointWidgets = (namespace: string): readonly IWidget[] => [
  graph(`${namespace}: state (1 ok, 0 fail)`, [search(namespace, 'State', 'Minimum')], WHOLE),
  graph(`${namespace}: share of checks that passed`, [search(namespace, 'Up', 'Average')]),
  graph(`${namespace}: latency p95 (ms)`, [search(namespace, 'LatencyMs', 'p95')]),
];

/** One page for a deployment, of the same size whatever it watches. */
export class Dashboard extends Construct {
  readonly dashboard: CloudWatchDashboard;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { stage, check, sweep, table, deadLetters, alarms, namespaces, runbook } = props;
    const own: typeof monitorMetric = (...args) => monitorMetric(...args);
    this.dashboard = new CloudWatchDashboard(this, 'Dashboard', { dashboardName: `peregrine-${stage}` });
    this.dashboard.addWidgets(
      new TextWidget({
        markdown: `# Peregrine ${stage}\nWhat to do when an alarm rings: ${runbookLink(runbook)}`,
        width: WHOLE,
        height: 2,
      }),
    );
    if (alarms.length > 0)
      this.dashboard.addWidgets(
        new AlarmStatusWidget({ title: 'The monitor itself', alarms: [...alarms], width: WHOLE, height: 3 }),
      );
    this.dashboard.addWidgets(
      graph('Checks a minute', [own(stage, 'LatenessMs', 'SampleCount').with({ label: 'checks' })]),
      graph('Lateness (ms)', [own(stage, 'LatenessMs', 'p50'), own(stage, 'LatenessMs', 'p99')]),
      graph('Missed ticks, limits, problems', [
        own(stage, 'MissedTicks', 'Sum'),
        own(stage, 'ScalingLimitHit', 'Sum'),
        own(stage, 'Problems', 'Sum'),
        own(stage, 'InvalidFiles', 'Maximum'),
      ]),
      graph('Transitions', [own(stage, 'Transitions', 'Sum')]),
    );
    for (const namespace of namespaces) this.dashboard.addWidgets(...endpointWidgets(namespace));
    this.dashboard.addWidgets(
      graph('Workers', [
        check.metricInvocations({ label: 'started' }),
        check.metricErrors({ label: 'errors' }),
        check.metricThrottles({ label: 'throttled' }),
        sweep.metricErrors({ label: 'sweep errors' }),
      ]),
      graph('Table', [
        table.metricConsumedWriteCapacityUnits({ label: 'writes' }),
        table.metricConsumedReadCapacityUnits({ label: 'reads' }),
      ]),
      graph('Dead letters', [deadLetters.metricApproximateNumberOfMessagesVisible({ label: 'messages' })]),
    );
  }
}
