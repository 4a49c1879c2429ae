import type { Clock } from '../../domain/clock.ts';
import type { Vitals } from '../../domain/vitals.ts';
import { type LoopReading, latenessMs } from '../measures/loop-reading.ts';
import { createScalingLimit } from '../measures/scaling-limit.ts';
import type { LoopStatus } from '../measures/status.ts';

/** What is told of readings, of one loop or added up over several: to a person, and to `self`. */
export const createHealth = (clock: Clock) => {
  const scalingLimit = createScalingLimit();
  return {
    status: (reading: LoopReading): LoopStatus => {
      const { endpoints, failing, unknown, unchecked, unsaved, checksPerSecond } = reading;
      const { missedTicks, stalled, storeReachable } = reading;
      const { hit, endpointsFit } = scalingLimit(reading, clock.nowMs());
      return {
        endpoints,
        failing,
        unknown,
        unchecked,
        unsaved,
        checksPerSecond,
        latenessMs: latenessMs(reading.lateness),
        missedTicks,
        stalled,
        storeReachable,
        scalingLimitHit: hit,
        endpointsFit,
      };
    },
    vitals: (reading: LoopReading): Omit<Vitals, 'invalidFiles'> => {
      const { endpoints, missedTicks, targetFailures, storeFailures } = reading;
      const { hit, endpointsFit } = scalingLimit(reading, clock.nowMs());
      return {
        latenessMs: latenessMs(reading.lateness).p99,
        missedTicks,
        scalingLimitHit: hit,
        endpoints,
        endpointsFit,
        targetFailures,
        storeFailures,
      };
    },
  };
};
