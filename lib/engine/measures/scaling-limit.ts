import type { LoopReading } from './loop-reading.ts';

/** The limit is hit when this share of the last 10 s' ticks was missed because the loop was late. */
const HIT_FROM_RATIO = 0.01;
/** A machine that was suspended, or one long pause, misses many ticks at one time: that is no lasting load. */
const HIT_FROM_S = 2;
/** It is over once hardly a tick was missed so for this long: a load just at the limit is one transition of `self`,
 *  not many. */
const OVER_BELOW_RATIO = 0.001;
const OVER_AFTER_MS = 30_000;

export type ScalingLimit = {
  readonly hit: boolean;
  /** How many of the endpoints the loop keeps up with, about; all of them while the limit is not hit. */
  readonly endpointsFit: number;
};

type Seen = Pick<LoopReading, 'ran' | 'behind' | 'behindForS' | 'endpoints' | 'begun'>;

/** Two digits are as much as it knows. */
const roundedDown = (count: number): number => {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.floor(count / unit) * unit;
};

/** Tells from one reading after another whether the loop keeps up with what is due. */
export const createScalingLimit = () => {
  let hit = false;
  let lastBehindAtMs = Number.NEGATIVE_INFINITY;
  /** What was last run of what was due, while the limit was hit. */
  let runRatio = 1;

  return ({ ran, behind, behindForS, endpoints, begun }: Seen, nowMs: number): ScalingLimit => {
    const due = ran + behind;
    const ratio = due === 0 ? 0 : behind / due;
    if (ratio > OVER_BELOW_RATIO) {
      lastBehindAtMs = nowMs;
      runRatio = ran / due;
    }
    if (ratio > HIT_FROM_RATIO && behindForS >= HIT_FROM_S) hit = true;
    else if (nowMs - lastBehindAtMs > OVER_AFTER_MS) hit = false;
    return { hit, endpointsFit: hit ? roundedDown(Math.min(begun, endpoints) * runRatio) : endpoints };
  };
};
