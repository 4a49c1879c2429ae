import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import type { Metric } from '../domain/metric.ts';
import { fewValues, mergeValues } from './metric-values.ts';

const METRICS_A_CALL = 1000;
/** CloudWatch takes 1 MB. */
const BYTES_A_CALL = 900_000;

export type MetricCall = {
  readonly namespace: string;
  readonly data: readonly MetricDatum[];
  /** What the data say, for when they are not taken. */
  readonly metrics: readonly Metric[];
};

const datumOf = ({ name, unit, dimensions, atMs, resolutionS, values }: Metric): MetricDatum => {
  const few = fewValues(values);
  return {
    MetricName: name,
    Unit: unit,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Timestamp: new Date(atMs),
    StorageResolution: resolutionS,
    Values: few.map(([value]) => value),
    Counts: few.map(([, count]) => count),
  };
};

/** As few calls as may be; each has one namespace. */
export const metricCalls = (metrics: readonly Metric[]): readonly MetricCall[] =>
  Array.from(
    Map.groupBy(metrics, metric => metric.namespace),
    ([namespace, ofNamespace]) => {
      const calls: { namespace: string; data: MetricDatum[]; metrics: Metric[] }[] = [];
      let bytes = Number.POSITIVE_INFINITY;
      for (const metric of ofNamespace) {
        const datum = datumOf(metric);
        const size = JSON.stringify(datum).length;
        let call = calls.at(-1);
        if (call === undefined || call.data.length === METRICS_A_CALL || bytes + size > BYTES_A_CALL) {
          call = { namespace, data: [], metrics: [] };
          calls.push(call);
          bytes = 0;
        }
        call.data.push(datum);
        call.metrics.push(metric);
        bytes += size;
      }
      return calls;
    },
  ).flat();

const MOST_PERIODS = 15;

const mergePeriods = (earlier: Metric, later: Metric): Metric => ({
  ...later,
  values: mergeValues(earlier.values, later.values),
});

/** Periods that are told of each metric, 15 at most: earlier ones are told as one, so that nothing is left out of a count. */
export const fewPeriods = (metrics: readonly Metric[]): readonly Metric[] =>
  Map.groupBy(metrics, ({ namespace, name, dimensions }) => JSON.stringify([namespace, name, dimensions]))
    .values()
    .flatMap(periods => {
      if (periods.length <= MOST_PERIODS) return periods;
      const sorted = periods.toSorted((a, b) => a.atMs - b.atMs);
      const cut = sorted.length - MOST_PERIODS + 1;
      return [sorted.slice(0, cut).reduce(mergePeriods), ...sorted.slice(cut)];
    })
    .toArray();
