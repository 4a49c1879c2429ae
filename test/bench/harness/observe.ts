import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from '../benchmark.ts';
import type { Monitor } from './monitor.ts';

/** `/health` tells of the last 10 s. */
const READ_EVERY_MS = 10_000;

/** A running monitor as its own API shows it: lateness is the worst of the readings. */
export const observe = async (monitor: Monitor, readings: number): Promise<Sample> => {
  const before = { usage: monitor.usage(), health: await monitor.health() };
  const fromMs = performance.now();
  const lateness = { p50: 0, p99: 0, max: 0 };
  let operations = 0;
  let last = before.health;
  for (let reading = 0; reading < readings; reading++) {
    await sleep(READ_EVERY_MS);
    last = await monitor.health();
    operations += (last.checks_per_second * READ_EVERY_MS) / 1000;
    for (const name of ['p50', 'p99', 'max'] as const)
      lateness[name] = Math.max(lateness[name], last.lateness_ms[name]);
  }
  const usage = monitor.usage();
  return {
    operations,
    wallMs: performance.now() - fromMs,
    cpuMs: usage.cpuMs - before.usage.cpuMs,
    latency: lateness,
    peakBytes: usage.peakBytes,
    facts: {
      'missed ticks': last.missed_ticks - before.health.missed_ticks,
      failing: last.failing,
      'resident MB': usage.rssBytes / 1e6,
      'started after s': monitor.startedAfterMs / 1000,
      'scaling limit hit': last.scaling_limit_hit ? 1 : 0,
    },
    failures: null,
  };
};
