import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { MONITOR_NAMESPACE, type MonitorMetric } from '../domain/metric.ts';

export const monitorMetric = (
  stage: string,
  metricName: MonitorMetric,
  statistic: string,
  minutes = 1,
): Metric =>
  new Metric({
    namespace: MONITOR_NAMESPACE,
    metricName,
    dimensionsMap: { Stage: stage },
    statistic,
    period: Duration.minutes(minutes),
  });
