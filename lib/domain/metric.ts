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
