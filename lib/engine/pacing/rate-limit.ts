const placesOf = (maxPerSecond: number): number => Math.max(1, Math.floor(maxPerSecond));

/** Never more than `maxPerSecond` in any one second (of a rate below one: never more than one in its period).
 *  `take` answers how long to wait, and takes a place only when that is 0. Instants are those of a clock that never goes
 *  back. */
export const createRateLimit = (maxPerSecond: number) => {
  let rate = maxPerSecond;
  let takenAtMs = new Float64Array(placesOf(rate)).fill(Number.NEGATIVE_INFINITY);
  let oldest = 0;
  return {
    take: (nowMs: number): number => {
      const places = takenAtMs.length;
      const waitMs = (takenAtMs[oldest] as number) + (places / rate) * 1000 - nowMs;
      if (waitMs > 0) return waitMs;
      takenAtMs[oldest] = nowMs;
      oldest = oldest + 1 === places ? 0 : oldest + 1;
      return 0;
    },
    /** Another rate from now on; what went in the last second counts. */
    change: (toPerSecond: number): void => {
      if (toPerSecond === rate) return;
      const latest = [...takenAtMs.subarray(oldest), ...takenAtMs.subarray(0, oldest)];
      rate = toPerSecond;
      takenAtMs = new Float64Array(placesOf(rate)).fill(Number.NEGATIVE_INFINITY);
      const kept = latest.slice(-takenAtMs.length);
      takenAtMs.set(kept, takenAtMs.length - kept.length);
      oldest = 0;
    },
  };
};
