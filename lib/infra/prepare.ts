import { accessSync, constants } from 'node:fs';
import { loadFolder } from '../config/load-folder.ts';
import { formatProblem, problemText } from '../config/problem.ts';
import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { Jobset } from '../domain/jobset.ts';
import { plan } from '../plan/plan.ts';
import type { Parameters } from './context.ts';
import { refusals } from './refusals.ts';
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

const isReadable = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
};

const missingCertificates = ({ endpoints }: Config): readonly string[] =>
  endpoints.flatMap(({ check, source }) =>
    'tls' in check && check.tls.caFile !== null && !isReadable(check.tls.caFile)
      ? [`${source}: ca_file ${check.tls.caFile} cannot be read, and it is to go along. Correct the path.`]
      : [],
  );

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Reads and compiles the endpoints folder and divides it into jobsets, or says all that stands against a deployment. */
export const prepare = async (
  { endpoints: folder, allowInvalid, maxWorkers, maxMonthlyUsd }: Parameters,
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
  const planned = plan(config, { maxWorkers, maxMonthlyUsd, freeTier: false });
  const against = [
    ...refusals(config, { region }),
    ...missingCertificates(config),
    ...planned.problems.map(problem => `${problem.source ?? folder}: ${problemText(problem)}`),
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
