import type { Metric } from '../domain/metric.ts';

type Values = Metric['values'];

/** CloudWatch takes no more of one metric in one call. */
export const MOST_VALUES = 150;

const byValue = ([a]: Values[number], [b]: Values[number]): number => a - b;

/** Both, each value once. */
export const mergeValues = (one: Values, other: Values): Values => {
  const counts = new Map<number, number>();
  for (const [value, count] of [...one, ...other]) counts.set(value, (counts.get(value) ?? 0) + count);
  return [...counts];
};

const mean = (values: Values): Values[number] => {
  const [first] = values;
  if (first !== undefined && values.length === 1) return first;
  const count = values.reduce((sum, [, times]) => sum + times, 0);
  return [values.reduce((sum, [value, times]) => sum + value * times, 0) / count, count];
};

/** Not more than CloudWatch takes: the nearest neighbours become their mean. Count and sum stay what they were. */
export const fewValues = (values: Values): Values => {
  if (values.length <= MOST_VALUES) return values;
  const sorted = values.toSorted(byValue);
  const gaps = sorted.slice(1).map(([value], n) => ({ n: n + 1, gap: value - (sorted[n]?.[0] ?? 0) }));
  const starts = gaps
    .sort((a, b) => b.gap - a.gap)
    .slice(0, MOST_VALUES - 1)
    .map(({ n }) => n)
    .sort((a, b) => a - b);
  return [0, ...starts].map((start, n) => mean(sorted.slice(start, starts[n])));
};
