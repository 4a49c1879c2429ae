import { loadFolder } from '../config/load-folder.ts';
import { formatProblem, problemText } from '../config/problem/problem.ts';
import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { Jobset } from '../domain/jobset.ts';
import { missingCertificates } from '../plan/missing-certificates.ts';
import { plan } from '../plan/plan.ts';
import type { Parameters } from './context.ts';
import { secretList } from './secret-list.ts';

/** What is deployed. */
export type Prepared = {
  /** What the jobsets hold together: each has its own copy of `self`. */
  readonly config: Config;
  readonly jobsets: readonly Jobset[];
  readonly memoryMb: number;
  readonly checksPerSecond: number;
  readonly invalidFiles: readonly string[];
};

export type Preparation =
  | { readonly kind: 'prepared'; readonly prepared: Prepared; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly lines: readonly string[] };

const deployed = (jobsets: readonly Jobset[]): Config => {
  const targets = jobsets.flatMap(({ config }) => config.targets);
  return {
    endpoints: jobsets.flatMap(({ config }) => config.endpoints),
    targets: [...new Map(targets.map(target => [target.name, target])).values()],
  };
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** During a hand-over a jobset has two workers. */
const tooFewReserved = (reserved: Parameters['reservedConcurrency'], jobsets: number): readonly string[] =>
  typeof reserved === 'number' && reserved < 2 * jobsets
    ? [
        `-c reservedConcurrency=${reserved}: ${counted(jobsets, 'jobset')} may run ${2 * jobsets} workers at once, two each while they hand over. Write ${2 * jobsets} or more, or none.`,
      ]
    : [];

/** Reads and compiles the endpoints folder and divides it into jobsets, or says all that stands against a deployment. */
export const prepare = async (
  {
    endpoints: folder,
    allowInvalid,
    maxWorkers,
    maxMonthlyUsd,
    alarmTopicArn,
    reservedConcurrency,
  }: Parameters,
  { region }: { readonly region: string | null },
): Promise<Preparation> => {
  const loaded = await loadFolder(folder);
  if (loaded.kind === 'no-folder')
    return { kind: 'refused', lines: [`-c endpoints=${folder}: ${loaded.message}.`] };
  const { config, problems, invalidFiles } = loaded;
  const notes = problems.map(formatProblem);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0 && !allowInvalid)
    return {
      kind: 'refused',
      lines: [
        ...notes,
        `${counted(errors, 'error')}: nothing is deployed. Correct them, or deploy the other files with -c allowInvalid=true.`,
      ],
    };
  if (watchedEndpoints(config).length === 0)
    return {
      kind: 'refused',
      lines: [...notes, `${folder}: there is no endpoint to check. Add a file, such as ${folder}/shop.yml.`],
    };
  const planned = plan(config, { maxWorkers, maxMonthlyUsd, freeTier: false, region, alarmTopicArn });
  const against = [
    ...[...planned.problems, ...missingCertificates(config)].map(
      problem => `${problem.source ?? folder}: ${problemText(problem)}`,
    ),
    ...tooFewReserved(reservedConcurrency, planned.jobsets.length),
  ];
  if (against.length > 0) return { kind: 'refused', lines: [...notes, ...against] };
  const { jobsets, memoryMb, checksPerSecond } = planned;
  const all = deployed(jobsets);
  return {
    kind: 'prepared',
    prepared: { config: all, jobsets, memoryMb, checksPerSecond, invalidFiles },
    notes: [...notes, ...secretList(all)],
  };
};
