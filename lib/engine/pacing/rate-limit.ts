/** Never more than `maxPerSecond` in any one second (of a rate below one: never more than one in its period).
 *  `take` answers how long to wait, and takes a place only when that is 0. */
export const createRateLimit = (maxPerSecond: number) => {
  const places = Math.max(1, Math.floor(maxPerSecond));
  const windowMs = (places / maxPerSecond) * 1000;
  const takenAtMs = new Float64Array(places).fill(Number.NEGATIVE_INFINITY);
  let oldest = 0;
  return {
    take: (nowMs: number): number => {
      const waitMs = (takenAtMs[oldest] as number) + windowMs - nowMs;
      if (waitMs > 0) return waitMs;
      takenAtMs[oldest] = nowMs;
      oldest = (oldest + 1) % places;
      return 0;
    },
  };
};
