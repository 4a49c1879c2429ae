import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { monitorMetric } from './monitor-metrics.ts';
import { type RunbookPlace, runbookLink } from './runbook-link.ts';

export type MonitorAlarmsProps = {
  readonly stage: string;
  readonly check: LambdaFunction;
  readonly table: Table;
  readonly deadLetters: Queue;
  /** How long no check at all may be due, in minutes. */
  readonly quietMinutes: number;
  readonly checksPerSecond: number;
  /** Else a deployment has no invalid file, and an alarm on them would never tell anything. */
  readonly allowInvalid: boolean;
  /** Topics that hear of every alarm. */
  readonly topicArns: readonly string[];
  readonly runbook: RunbookPlace;
};

type Watched = {
  readonly id: string;
  readonly metric: IMetric;
  readonly says: string;
  /** Above it, or with `below` under it. */
  readonly threshold: number;
  readonly below?: true;
  /** So many periods in a row. */
  readonly periods: number;
  /** In the runbook. */
  readonly section: string;
};

/** A hand-over leaves out a tick or two of endpoints that are checked several times a second. */
const MISSED_RATIO = 0.01;

const invalidFiles = (stage: string): Watched => ({
  id: 'InvalidFiles',
  metric: monitorMetric(stage, 'InvalidFiles', 'Maximum', 5),
  says: 'Endpoint files were deployed that are ignored because of errors in them.',
  threshold: 0,
  periods: 1,
  section: 'invalid-files',
});

const watched = ({
  stage,
  check,
  table,
  deadLetters,
  quietMinutes,
  checksPerSecond,
  allowInvalid,
}: MonitorAlarmsProps): readonly Watched[] => [
  {
    id: 'NoChecks',
    metric: monitorMetric(stage, 'LatenessMs', 'SampleCount'),
    says: `No check was run for ${quietMinutes} minutes: nobody watches.`,
    threshold: 1,
    below: true,
    periods: quietMinutes,
    section: 'no-checks',
  },
  {
    id: 'MissedTicks',
    metric: monitorMetric(stage, 'MissedTicks', 'Sum', 5),
    says: 'For 15 minutes more than 1% of the checks were left out: the one before was still under way, the worker too busy, or nobody there.',
    threshold: Math.ceil(MISSED_RATIO * checksPerSecond * 300),
    periods: 3,
    section: 'missed-ticks',
  },
  {
    id: 'Lateness',
    metric: monitorMetric(stage, 'LatenessMs', 'p99'),
    says: 'For 5 minutes one check in a hundred started more than 1 s after it was due.',
    threshold: 1000,
    periods: 5,
    section: 'lateness',
  },
  {
    id: 'LambdaErrors',
    metric: check.metricErrors({ period: Duration.minutes(5), statistic: 'Sum' }),
    says: 'A worker ended with an error or ran out of time or memory.',
    threshold: 0,
    periods: 1,
    section: 'lambda-errors',
  },
  {
    id: 'LambdaThrottles',
    metric: check.metricThrottles({ period: Duration.minutes(5), statistic: 'Sum' }),
    says: 'A worker could not start: no concurrency was left.',
    threshold: 0,
    periods: 1,
    section: 'lambda-throttles',
  },
  {
    id: 'DynamoDbThrottles',
    metric: new Metric({
      namespace: 'AWS/DynamoDB',
      metricName: 'WriteThrottleEvents',
      dimensionsMap: { TableName: table.tableName },
      statistic: 'Sum',
      period: Duration.minutes(5),
    }),
    says: 'The table turned writes away.',
    threshold: 0,
    periods: 1,
    section: 'dynamodb-throttles',
  },
  {
    id: 'DeadLetters',
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(5),
      statistic: 'Maximum',
    }),
    says: 'A notification could not be delivered, or the sweep failed.',
    threshold: 0,
    periods: 1,
    section: 'dead-letters',
  },
  ...(allowInvalid ? [invalidFiles(stage)] : []),
  {
    id: 'ScalingLimitHit',
    metric: monitorMetric(stage, 'ScalingLimitHit', 'Sum', 5),
    says: 'A worker has more to do than it can: for 15 minutes checks waited for a free slot.',
    threshold: 0,
    periods: 3,
    section: 'scaling-limit-hit',
  },
  {
    id: 'Problems',
    metric: monitorMetric(stage, 'Problems', 'Sum', 5),
    says: 'The store, a delivery or a secret failed, or nobody held a jobset.',
    threshold: 0,
    periods: 1,
    section: 'problems',
  },
];

/** What tells that the monitor itself is unwell. On one metric each: they cost $0.10 a month. */
export class MonitorAlarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: MonitorAlarmsProps) {
    super(scope, id);
    this.alarms = watched(props).map(({ id, metric, says, threshold, below, periods, section }) => {
      const alarm = new Alarm(this, id, {
        metric,
        alarmDescription: `${says} ${runbookLink(props.runbook, section)}`,
        threshold,
        comparisonOperator: below
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      for (const topicArn of props.topicArns) {
        alarm.addAlarmAction({ bind: () => ({ alarmActionArn: topicArn }) });
        alarm.addOkAction({ bind: () => ({ alarmActionArn: topicArn }) });
      }
      return alarm;
    });
  }
}
