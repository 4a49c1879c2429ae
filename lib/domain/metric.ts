/** Seconds. A metric that is kept by the second costs no more, but the calls that bring it in time do. */
export type MetricResolution = 1 | 60;

/** What was measured of one thing in one period: a distribution, so that percentiles can be told later. */
export type Metric = {
  readonly namespace: string;
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds' | 'None';
  readonly dimensions: { readonly [name: string]: string };
  /** When the period began. */
  readonly atMs: number;
  readonly resolutionS: MetricResolution;
  /** Each value with how often it was seen. */
  readonly values: readonly (readonly [value: number, count: number])[];
};

/** What the monitor measures of itself, with the one dimension `Stage`; also where a target without a namespace puts
 *  the metrics of its endpoints. */
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
  name: MonitorMetric,
  { unit, atMs, values }: Pick<Metric, 'unit' | 'atMs' | 'values'>,
): Metric => ({
  namespace: MONITOR_NAMESPACE,
  name,
  unit,
  dimensions: { Stage: stage },
  atMs,
  resolutionS: 60,
  values,
});

/** Nothing of none: a metric costs by the hour it is sent in. */
export const monitorCount = (
  stage: string,
  name: MonitorMetric,
  atMs: number,
  count: number,
): readonly Metric[] =>
  count > 0 ? [monitorMetric(stage, name, { unit: 'Count', atMs, values: [[count, 1]] })] : [];
