import type { LoopStatus } from '../../engine/measures/status.ts';
import { json, type Reply } from './reply.ts';
import { rounded } from './rounded.ts';
import type { Source } from './source.ts';

const statusOf = ({ stalled, storeReachable, scalingLimitHit }: LoopStatus) => {
  if (stalled) return 'stalled';
  if (!storeReachable) return 'store-unreachable';
  return scalingLimitHit ? 'behind' : 'ok';
};

/** Whoever restarts what answers 503 would make a monitor that is behind fall further behind. */
const HEALTHY: ReadonlySet<string> = new Set(['ok', 'behind']);

export const health = (source: Source): Reply => {
  const loop = source.status();
  const status = statusOf(loop);
  return json(HEALTHY.has(status) ? 200 : 503, {
    status,
    version: source.version,
    endpoints: loop.endpoints,
    failing: loop.failing,
    unknown: loop.unknown,
    not_checked_yet: loop.unchecked,
    transitions_unsaved: loop.unsaved,
    checks_per_second: Math.round(loop.checksPerSecond * 10) / 10,
    lateness_ms: {
      p50: rounded(loop.latenessMs.p50),
      p99: rounded(loop.latenessMs.p99),
      max: rounded(loop.latenessMs.max),
    },
    missed_ticks: loop.missedTicks,
    scaling_limit_hit: loop.scalingLimitHit,
    endpoints_fit: loop.endpointsFit,
  });
};
