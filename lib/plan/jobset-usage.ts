import type { Endpoint } from '../domain/endpoint.ts';
import type { Jobset } from '../domain/jobset.ts';
import { loadOfAll } from '../schedule/load.ts';
import { vcpusOf, type Worker } from '../schedule/worker-size.ts';
import {
  burst,
  FOREIGN_READ_EVERY_S,
  LEAVE_S,
  LOG_BYTES_PER_LIFE,
  loop,
  METRICS_PER_CALL,
  MONTH,
} from './assumptions.ts';
import { checkpointSize } from './checkpoint-size.ts';
import { metricNamespaces } from './endpoint-usage.ts';
import type { Usage } from './prices.ts';

/** Rules that `depends_on` names and another jobset runs. */
const foreignCount = (endpoints: readonly Endpoint[]): number => {
  const own = new Set<string>(endpoints.map(({ id }) => id));
  return new Set(endpoints.flatMap(({ rule }) => rule.dependsOn).filter(id => !own.has(id))).size;
};

/** One call for the monitor's own metrics, and for each namespace of endpoints as many as their data need. */
const callsAMinute = ({ config }: Jobset): number =>
  [...metricNamespaces(config).values()].reduce(
    (calls, data) => calls + Math.ceil(data / METRICS_PER_CALL),
    1,
  );

const loopUsage = ({ config: { endpoints } }: Jobset, gb: number): Usage => {
  const checkpoint = checkpointSize(endpoints);
  const checkpoints = MONTH.seconds / loop.checkpointEveryS;
  const lives = MONTH.seconds / loop.lifeS;
  return {
    lambdaGbSeconds: gb * (MONTH.seconds + lives * loop.handOverS + MONTH.minutes * LEAVE_S),
    logGb: (lives * LOG_BYTES_PER_LIFE) / 1024 ** 3,
    dynamodbWrites:
      MONTH.seconds / loop.renewEveryS +
      checkpoints * checkpoint.writes +
      lives * (loop.handOverWrites + checkpoint.writes),
    dynamodbReads:
      MONTH.minutes +
      checkpoints * checkpoint.readsToWrite +
      lives * (endpoints.length + checkpoint.reads) +
      (MONTH.seconds / FOREIGN_READ_EVERY_S) * foreignCount(endpoints),
  };
};

const burstUsage = ({ config: { endpoints } }: Jobset, gb: number, worker: Worker): Usage => {
  const checkpoint = checkpointSize(endpoints);
  const seconds = burst.callsS + burst.answersS + loadOfAll(endpoints).roundCpuS / vcpusOf(worker);
  return {
    lambdaGbSeconds: gb * seconds * MONTH.minutes,
    dynamodbWrites: MONTH.minutes * (burst.writes + checkpoint.writes),
    dynamodbReads:
      MONTH.minutes *
      (burst.reads + endpoints.length + checkpoint.reads + checkpoint.readsToWrite + foreignCount(endpoints)),
  };
};

/** What a jobset's worker uses in a month, whatever comes of its checks. */
export const jobsetUsage = (jobset: Jobset, worker: Worker): Usage => {
  const gb = worker.memoryMb / 1024;
  const { lambdaGbSeconds, ...store } =
    jobset.kind === 'loop' ? loopUsage(jobset, gb) : burstUsage(jobset, gb, worker);
  return {
    ...store,
    lambdaGbSeconds: lambdaGbSeconds ?? 0,
    lambdaRequests: MONTH.minutes,
    schedulerInvocations: MONTH.minutes,
    putMetricData: MONTH.minutes * callsAMinute(jobset),
  };
};
