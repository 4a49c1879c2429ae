import { channelsOf, usedTargets } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import { limitMs } from '../domain/probe.ts';
import type { Packing, TooHeavy } from '../schedule/jobsets.ts';
import { loadOf } from '../schedule/load.ts';
import { limitsOf, type Worker } from '../schedule/worker-size.ts';
import { metricsOf, targetsOf } from './endpoint-usage.ts';

/** What cannot be deployed as it is. */
export type PlanProblem = {
  /** Where it is defined: `shop.yml:14`. null: it is of the whole. */
  readonly source: string | null;
  /** One clause without its full stop. */
  readonly message: string;
  /** One sentence without its full stop. */
  readonly fix: string;
};

/** 300 rules a bus, less the archive's and those that somebody adds by hand. */
const MOST_CHANNELS = 280;
/** Calls a second of an API destination. */
const MOST_PER_SECOND = 300;
/** The default quota of concurrent executions in a region, less 100 that Lambda leaves to others. */
const MOST_CONCURRENT = 900;
/** The default quota of alarms in a region, less some for others. */
const MOST_ALARMS = 4900;

const usd = (amount: number): string => `$${amount.toFixed(2)}`;

const tooHeavyProblem =
  (worker: Worker) =>
  ({ endpoint, resource }: TooHeavy): PlanProblem => {
    const needs = loadOf(endpoint).needs[resource];
    const limit = limitsOf(worker)[resource];
    const of = { source: endpoint.source };
    const name = `"${endpoint.name}" is too heavy for any worker`;
    switch (resource) {
      case 'cpu':
        return {
          ...of,
          message: `${name}: at worst it needs ${Math.ceil(needs * 100)}% of a vCPU, of which ${Math.floor(limit * 100)}% may be used`,
          fix: 'Check it less often: a longer interval and interval_fail',
        };
      case 'memory':
        return {
          ...of,
          message: `${name}: its answers may take ${Math.ceil(needs)} MB, a worker has ${Math.floor(limit)} MB for them`,
          fix: 'Write a smaller max_body_bytes',
        };
      case 'processes':
        return {
          ...of,
          message: `${name}: it would run ${Math.ceil(needs)} programs at once, a worker runs ${limit}`,
          fix: 'Check it less often: a longer interval and interval_fail',
        };
      case 'sockets':
        return { ...of, message: `${name}: it needs ${needs} sockets`, fix: 'Divide it' };
      default:
        return resource satisfies never;
    }
  };

const rateProblems = (config: Config): readonly PlanProblem[] =>
  usedTargets(config)
    .filter(({ to, maxPerSecond }) => to.kind === 'webhook' && maxPerSecond > MOST_PER_SECOND)
    .map(({ name, source, maxPerSecond }) => ({
      source,
      message: `max_per_second of "${name}" is ${maxPerSecond}, an API destination takes ${MOST_PER_SECOND}`,
      fix: `Write ${MOST_PER_SECOND} or less`,
    }));

/** A worker lives 13 minutes before the next one relieves it. */
const LONGEST_CHECK_MS = 10 * 60_000;

const longProblems = ({ endpoints }: Config): readonly PlanProblem[] =>
  endpoints
    .filter(endpoint => limitMs(endpoint) > LONGEST_CHECK_MS)
    .map(endpoint => ({
      source: endpoint.source,
      message: `a check of "${endpoint.name}" may take ${Math.ceil(limitMs(endpoint) / 60_000)} minutes, a worker of AWS lives 13`,
      fix: 'Write a timeout of 9m or less',
    }));

const tooMany = (count: number, most: number, message: string, fix: string): readonly PlanProblem[] =>
  count > most ? [{ source: null, message, fix }] : [];

/** The alarms on endpoints with an aws-cloudwatch target. */
export const endpointAlarms = (config: Config): number => {
  const targets = targetsOf(config);
  return config.endpoints.reduce(
    (sum, endpoint) => sum + [...metricsOf(endpoint, targets).values()].filter(({ alarm }) => alarm).length,
    0,
  );
};

export type Limits = {
  /** null: as many as the quota of Lambda allows. */
  readonly maxWorkers: number | null;
  readonly maxMonthlyUsd: number | null;
};

/** A hand-over needs a second worker for each jobset. */
export const mostJobsets = ({ maxWorkers }: Limits): number =>
  Math.min(maxWorkers ?? Number.POSITIVE_INFINITY, MOST_CONCURRENT / 2);

const jobsetProblems = (count: number, { maxWorkers }: Limits): readonly PlanProblem[] => [
  ...tooMany(
    count,
    maxWorkers ?? Number.POSITIVE_INFINITY,
    `the endpoints need ${count} workers, the most allowed is ${maxWorkers}`,
    'Allow more (maxWorkers), check less often, or divide the endpoints among stages',
  ),
  ...tooMany(
    2 * count,
    MOST_CONCURRENT,
    `${count} jobsets need ${2 * count} concurrent executions, two while they hand over, and an account has 1,000`,
    'Divide the endpoints among accounts or regions, or check less often',
  ),
];

export const problemsOf = (
  config: Config,
  { jobsets, tooHeavy }: Packing,
  worker: Worker,
  monthlyUsd: number,
  limits: Limits,
): readonly PlanProblem[] => {
  const { maxMonthlyUsd } = limits;
  const channels = channelsOf(config);
  const alarms = endpointAlarms(config);
  return [
    ...tooHeavy.map(tooHeavyProblem(worker)),
    ...longProblems(config),
    ...rateProblems(config),
    ...jobsetProblems(jobsets.length, limits),
    ...tooMany(
      channels.length,
      MOST_CHANNELS,
      `the targets have ${channels.length} different destinations, and a bus has rules for ${MOST_CHANNELS}`,
      'Let targets share a destination and max_per_second, or divide the endpoints among stages',
    ),
    ...tooMany(
      alarms,
      MOST_ALARMS,
      `${alarms} endpoints have an alarm, and a region has ${MOST_ALARMS} to give`,
      'Write alarm: true for fewer of them, or divide the endpoints among regions',
    ),
    ...tooMany(
      monthlyUsd,
      maxMonthlyUsd ?? Number.POSITIVE_INFINITY,
      `this would cost ${usd(monthlyUsd)} a month, and the budget is ${usd(maxMonthlyUsd ?? 0)}`,
      'Check less often, drop metrics and alarms of single endpoints, or raise the budget',
    ),
  ];
};
