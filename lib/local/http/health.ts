import { json, type Reply } from './reply.ts';
import { rounded } from './rounded.ts';
import type { Source } from './source.ts';

export const health = (source: Source): Reply => {
  const loop = source.status();
  const status = loop.stalled ? 'stalled' : loop.storeReachable ? 'ok' : 'store-unreachable';
  return json(status === 'ok' ? 200 : 503, {
    status,
    version: source.version,
    endpoints: loop.endpoints,
    failing: loop.failing,
    checks_per_second: Math.round(loop.checksPerSecond * 10) / 10,
    lateness_ms: {
      p50: rounded(loop.latenessMs.p50),
      p99: rounded(loop.latenessMs.p99),
      max: rounded(loop.latenessMs.max),
    },
    missed_ticks: loop.missedTicks,
  });
};
