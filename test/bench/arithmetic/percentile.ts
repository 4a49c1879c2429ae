/** By nearest rank: always one of the values. null of none. */
export const percentile = (ascending: ArrayLike<number>, ratio: number): number | null =>
  ascending.length === 0 ? null : (ascending[Math.max(0, Math.ceil(ascending.length * ratio) - 1)] as number);

export type Percentiles = { readonly p50: number; readonly p99: number; readonly max: number };

export const percentilesOf = (values: ArrayLike<number>): Percentiles | null => {
  const ascending = Float64Array.from(values).sort();
  const of = (ratio: number): number | null => percentile(ascending, ratio);
  const [p50, p99, max] = [of(0.5), of(0.99), of(1)];
  return p50 === null || p99 === null || max === null ? null : { p50, p99, max };
};
