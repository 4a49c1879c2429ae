import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';

/** What the monitor measures of itself, with one dimension, `Stage`. */
export const MONITOR_NAMESPACE = 'Peregrine';

export type MonitorMetric =
  | 'LatenessMs'
  | 'MissedTicks'
  | 'ScalingLimitHit'
  | 'InvalidFiles'
  | 'Problems'
  | 'Transitions';

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
