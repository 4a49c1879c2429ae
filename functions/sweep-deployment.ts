import { monitorCount } from '../lib/domain/metric.ts';
import type { Observer } from '../lib/engine/events/observer.ts';
import { tellAll } from '../lib/engine/events/tell-all.ts';
import { isProblem } from '../lib/engine/measures/meter.ts';
import { sweep } from '../lib/engine/term/sweep.ts';
import type { Wired } from './wiring.ts';

const ENDS_BEFORE_MS = 5000;

const problemOf = (jobset: string): string => `nobody watches the jobset ${jobset}: its rules become unknown`;

/** Looks after what no worker looks after, and tells what is wrong with the deployment as a whole. */
export const sweepDeployment = async (
  { clock, random, stage, deployed, log, engine, putMetrics }: Wired,
  { id, remainingMs }: { readonly id: string; readonly remainingMs: number },
): Promise<void> => {
  const over = new AbortController();
  const cancelDeadline = clock.after(remainingMs - ENDS_BEFORE_MS, () => over.abort());
  let problems = 0;
  const counting: Observer = {
    onDelivery: report => {
      if (isProblem(report)) problems++;
    },
    onProblem: () => {
      problems++;
    },
  };
  const observer = tellAll([log, counting]);
  const { invalidFiles, jobsets } = deployed.deployment;
  try {
    const swept = await sweep(
      {
        ...engine,
        clock,
        random,
        observer,
        owner: id,
        maxInFlight: 1,
        probe: () => {
          throw new Error('a sweep runs no checks');
        },
        deployed: jobsets.map(jobset => jobset.id),
        configOf: async jobset => deployed.jobset(jobset)?.config ?? { endpoints: [], targets: [] },
      },
      over.signal,
    );
    for (const jobset of swept.unheld) observer.onProblem(problemOf(jobset));
  } finally {
    cancelDeadline();
  }
  const nowMs = clock.nowMs();
  const metrics = [
    ...monitorCount(stage, 'InvalidFiles', nowMs, invalidFiles.length),
    ...monitorCount(stage, 'Problems', nowMs, problems),
  ];
  if (metrics.length > 0) await putMetrics(metrics, new AbortController().signal);
};
