import type { Config } from '../domain/config.ts';
import type { Jobset } from '../domain/jobset.ts';
import { secretUses } from '../domain/secret-uses.ts';
import {
  DASHBOARDS,
  loop,
  MONITOR_ALARMS,
  MONITOR_METRICS,
  MONTH,
  SECRET_KEPT_MINUTES,
  sweep,
} from './assumptions.ts';
import type { Usage } from './prices.ts';

/** A loop's worker reads the secrets of its endpoints when it begins, bursts read them again when they have kept them for
 *  long enough; those of targets EventBridge keeps. */
const secretReads = ({ kind, config }: Jobset): number => {
  const names = new Set(
    secretUses(config)
      .filter(use => use.kind === 'endpoint')
      .map(({ secret }) => secret),
  );
  return names.size * (kind === 'burst' ? MONTH.minutes / SECRET_KEPT_MINUTES : MONTH.seconds / loop.lifeS);
};

/** What a deployment uses in a month besides its jobsets and endpoints. */
export const deploymentUsage = (config: Config, jobsets: readonly Jobset[]): Usage => ({
  lambdaGbSeconds: (sweep.memoryMb / 1024) * sweep.seconds * MONTH.minutes,
  lambdaRequests: MONTH.minutes,
  dynamodbReads: MONTH.minutes * (sweep.readsBesideLeases + jobsets.length),
  metrics: MONITOR_METRICS,
  alarms: MONITOR_ALARMS,
  dashboards: DASHBOARDS,
  secrets: new Set(secretUses(config).map(({ secret }) => secret)).size,
  secretReads: jobsets.reduce((sum, jobset) => sum + secretReads(jobset), 0),
});
