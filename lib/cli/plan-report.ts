import { problemText } from '../config/problem/problem.ts';
import { watchedEndpoints } from '../domain/config.ts';
import type { EndpointCost } from '../plan/endpoint-costs.ts';
import type { NeededSecret } from '../plan/needed-secrets.ts';
import type { Plan } from '../plan/plan.ts';
import { priceList } from '../plan/prices.ts';
import type { PlanProblem } from '../plan/problems.ts';
import { limitsOf } from '../schedule/worker-size.ts';

export type PlanReport = {
  readonly plan: Plan;
  readonly freeTier: boolean;
  /** The dearest first. */
  readonly endpointCosts: readonly EndpointCost[];
  readonly secrets: readonly NeededSecret[];
  /** Problems of the files, of the plan and of the secrets. */
  readonly problems: readonly PlanProblem[];
};

const MOST_LISTED = 10;

const usd = (amount: number): string => `$${amount.toFixed(2)}`;
const finely = (amount: number): string => (amount < 0.1 ? `$${amount.toFixed(4)}` : usd(amount));
const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
const rate = (perSecond: number): string =>
  perSecond >= 100 ? Math.round(perSecond).toLocaleString('en-US') : String(Number(perSecond.toPrecision(2)));
const percent = (ratio: number): string => `${Math.round(ratio * 100)}%`;

/** Numbers to the right, the first column to the left. */
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows.map(row =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
};

const jobsetTable = ({ jobsets, loads, memoryMb }: Plan): readonly string[] => {
  const limits = limitsOf({ memoryMb });
  const rows = jobsets.flatMap(({ id, config }) => {
    const load = loads.get(id);
    if (!load) return [];
    const { needs } = load;
    const endpoints = watchedEndpoints(config).length;
    return [
      [
        id,
        String(endpoints),
        rate(load.checksPerSecond),
        rate(load.peakChecksPerSecond),
        percent(needs.cpu / limits.cpu),
        percent(needs.sockets / limits.sockets),
        percent(needs.memory / limits.memory),
      ],
    ];
  });
  return rows.length === 0
    ? []
    : [
        '',
        ...table([['jobset', 'endpoints', 'checks/s', 'at worst', 'CPU', 'sockets', 'memory'], ...rows]),
        'CPU, sockets and memory: at worst, of what a worker leaves to its endpoints.',
      ];
};

const costTable = ({
  plan: { costs, syntheticsUsd, endpoints },
  freeTier,
}: PlanReport): readonly string[] => {
  const { region, asOf } = priceList;
  const services = Object.entries(costs.byService).toSorted((a, b) => b[1] - a[1]);
  const each = endpoints === 0 ? [] : [`${finely(costs.totalUsd / endpoints)} an endpoint`];
  return [
    '',
    `A month of 30 days costs, at prices of ${region} on ${asOf}, free tiers ${freeTier ? 'counted' : 'left out'}:`,
    ...table([
      ...services.map(([service, amount]) => [`  ${service.replaceAll('_', ' ')}`, usd(amount)]),
      ['  total', usd(costs.totalUsd), ...each],
    ]),
    ...(endpoints === 0
      ? []
      : [
          `The same checks by CloudWatch Synthetics: $${Math.round(syntheticsUsd).toLocaleString('en-US')}, ${Math.round(
            syntheticsUsd / Math.max(costs.totalUsd, 0.01),
          ).toLocaleString('en-US')} times as much.`,
        ]),
  ];
};

/** Only where they differ. */
const dearestTable = (costs: readonly EndpointCost[]): readonly string[] => {
  const [first, last] = [costs[0], costs.at(-1)];
  if (!first || !last || first.monthlyUsd < 1.5 * last.monthlyUsd) return [];
  return [
    '',
    'The dearest endpoints:',
    ...table(
      costs
        .slice(0, MOST_LISTED)
        .map(({ endpoint, monthlyUsd }) => [`  ${endpoint.name} (${endpoint.source})`, finely(monthlyUsd)]),
    ),
  ];
};

const secretLines = (secrets: readonly NeededSecret[]): readonly string[] =>
  secrets.length === 0
    ? []
    : [
        '',
        `Secrets that must be in Secrets Manager (--check-secrets asks for them):`,
        ...secrets.map(
          ({ name, usedBy }) =>
            `  ${name}: ${usedBy.slice(0, 3).join(', ')}${usedBy.length > 3 ? ', …' : ''}`,
        ),
      ];

const problemLine = ({ source, message, fix }: PlanProblem): string =>
  `${source === null ? '' : `${source}: `}${problemText({ message, fix })}`;

export const planText = (report: PlanReport): string => {
  const { plan, secrets, problems } = report;
  const { endpoints, checksPerSecond, checksAMonth, jobsets, memoryMb, endpointAlarms } = plan;
  return [
    `${counted(endpoints, 'endpoint')}, ${rate(checksPerSecond)} checks/s, ${counted(Math.round(checksAMonth), 'check')} a month: ${counted(jobsets.length, 'jobset')} on workers of ${memoryMb} MB.`,
    ...(endpointAlarms === 0 ? [] : [`Alarms on single endpoints: ${endpointAlarms}.`]),
    ...jobsetTable(plan),
    ...costTable(report),
    ...dearestTable(report.endpointCosts),
    ...secretLines(secrets),
    '',
    ...(problems.length === 0
      ? ['No problems.']
      : [`${counted(problems.length, 'problem')}:`, ...problems.map(problemLine)]),
  ].join('\n');
};

const rounded = (amount: number): number => Number(amount.toFixed(4));

export const planJson = ({ plan, freeTier, endpointCosts, secrets, problems }: PlanReport): string => {
  const { costs, endpoints } = plan;
  return JSON.stringify(
    {
      endpoints,
      checks_per_second: rounded(plan.checksPerSecond),
      monthly_usd: {
        total: rounded(costs.totalUsd),
        by_service: Object.fromEntries(
          Object.entries(costs.byService).map(([service, amount]) => [service, rounded(amount)]),
        ),
        per_endpoint: endpoints === 0 ? null : rounded(costs.totalUsd / endpoints),
        free_tier: freeTier,
      },
      jobsets: plan.jobsets.map(({ id, kind, config }) => ({
        id,
        kind,
        endpoints: watchedEndpoints(config).length,
        checks_per_second: rounded(plan.loads.get(id)?.checksPerSecond ?? 0),
      })),
      problems,
      memory_mb: plan.memoryMb,
      endpoint_alarms: plan.endpointAlarms,
      synthetics_usd: rounded(plan.syntheticsUsd),
      dearest_endpoints: endpointCosts.slice(0, MOST_LISTED).map(({ endpoint, monthlyUsd }) => ({
        id: endpoint.id,
        source: endpoint.source,
        monthly_usd: rounded(monthlyUsd),
      })),
      secrets: secrets.map(({ name, usedBy }) => ({ name, used_by: usedBy })),
      prices: priceList,
    },
    null,
    2,
  );
};
