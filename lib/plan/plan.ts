import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { Jobset } from '../domain/jobset.ts';
import { type Packing, packJobsets } from '../schedule/jobsets.ts';
import { type Load, loadOfAll } from '../schedule/load.ts';
import { type Worker, workers } from '../schedule/worker-size.ts';
import { MONTH } from './assumptions.ts';
import { billOf, type Costs, sumUsage } from './bill.ts';
import { deploymentUsage } from './deployment-usage.ts';
import { endpointUsage, targetsOf } from './endpoint-usage.ts';
import { jobsetUsage } from './jobset-usage.ts';
import { SYNTHETICS_RUN_USD, type Usage } from './prices.ts';
import { endpointAlarms, type Limits, mostJobsets, type PlanProblem, problemsOf } from './problems.ts';
import { type Place, refusals } from './refusals.ts';

export type PlanOptions = Limits &
  Place & {
    /** Counts the free tiers, as if nothing else in the account used them. */
    readonly freeTier: boolean;
  };

export type Plan = {
  /** Memory of the function that runs the jobsets. */
  readonly memoryMb: number;
  readonly jobsets: readonly Jobset[];
  /** By jobset: of its endpoints, its own `self` left out. */
  readonly loads: ReadonlyMap<string, Load>;
  readonly endpoints: number;
  readonly checksPerSecond: number;
  readonly checksAMonth: number;
  /** Alarms on single endpoints. */
  readonly endpointAlarms: number;
  /** Costs of a month. */
  readonly costs: Costs;
  /** The same checks as canaries of CloudWatch Synthetics. */
  readonly syntheticsUsd: number;
  readonly problems: readonly PlanProblem[];
};

type Candidate = {
  readonly worker: Worker;
  readonly packing: Packing;
  readonly usage: Usage;
  readonly usd: number;
};

const usageOf = (config: Config, { jobsets }: Packing, worker: Worker): Usage => {
  const targets = targetsOf(config);
  return sumUsage([
    deploymentUsage(config, jobsets),
    ...jobsets.map(jobset => jobsetUsage(jobset, worker)),
    ...jobsets.flatMap(jobset => jobset.config.endpoints.map(endpoint => endpointUsage(endpoint, targets))),
  ]);
};

const candidateOf =
  (config: Config) =>
  (worker: Worker): Candidate => {
    const packing = packJobsets(config, worker);
    const usage = usageOf(config, packing, worker);
    return { worker, packing, usage, usd: billOf(usage, { freeTier: false }).totalUsd };
  };

/** The cheapest size of worker that every endpoint fits and that does with so many workers; else the best there is. */
const choose = (candidates: readonly Candidate[], limits: Limits): Candidate => {
  const fitting = candidates.filter(({ packing }) => packing.tooHeavy.length === 0);
  const few = fitting.filter(({ packing }) => packing.jobsets.length <= mostJobsets(limits));
  const pool = few.length > 0 ? few : fitting.length > 0 ? fitting.slice(-1) : candidates.slice(-1);
  return pool.reduce((best, one) => (one.usd < best.usd ? one : best));
};

/** How a config is divided among workers, what that costs in a month, and why it cannot be deployed. */
export const plan = (config: Config, options: PlanOptions): Plan => {
  const { worker, packing, usage } = choose(workers.map(candidateOf(config)), options);
  const costs = billOf(usage, options);
  const watched = watchedEndpoints(config);
  const { checksPerSecond } = loadOfAll(watched);
  const checksAMonth = checksPerSecond * MONTH.seconds;
  return {
    memoryMb: worker.memoryMb,
    jobsets: packing.jobsets,
    loads: new Map(
      packing.jobsets.map(jobset => [jobset.id, loadOfAll(watchedEndpoints(jobset.config))] as const),
    ),
    endpoints: watched.length,
    checksPerSecond,
    checksAMonth,
    endpointAlarms: endpointAlarms(config),
    costs,
    syntheticsUsd: checksAMonth * SYNTHETICS_RUN_USD,
    problems: [
      ...refusals(config, { ...options, jobsets: packing.jobsets.length }),
      ...problemsOf(config, packing, worker, costs.totalUsd, options),
    ],
  };
};
