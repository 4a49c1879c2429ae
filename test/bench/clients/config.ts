import { loadFolder } from '../../../lib/config/load-folder.ts';
import type { Sample } from '../benchmark.ts';

export type ConfigParams = { readonly folder: string; readonly count: number };

export const runConfig = async ({ folder, count }: ConfigParams): Promise<Sample> => {
  const cpuBefore = process.cpuUsage();
  const fromMs = performance.now();
  const loaded = await loadFolder(folder);
  const wallMs = performance.now() - fromMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (loaded.kind !== 'loaded' || loaded.problems.length > 0) throw new Error('the benchmark has bad files');
  // `self` is there too.
  const operations = loaded.config.endpoints.length - 1;
  return {
    operations,
    wallMs,
    cpuMs: (user + system) / 1000,
    latency: null,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    facts: { seconds: wallMs / 1000 },
    failures: operations === count ? null : { count: count - operations, first: 'endpoints are missing' },
  };
};
