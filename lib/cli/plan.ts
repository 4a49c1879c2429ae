import { loadFolder } from '../config/load-folder.ts';
import type { Problem } from '../config/problem/problem.ts';
import { systemClock } from '../domain/clock.ts';
import { endpointCosts } from '../plan/endpoint-costs.ts';
import { missingCertificates } from '../plan/missing-certificates.ts';
import { type NeededSecret, neededSecrets } from '../plan/needed-secrets.ts';
import { plan as planOf } from '../plan/plan.ts';
import type { PlanProblem } from '../plan/problems.ts';
import { runCommand, WrongUse } from './arguments.ts';
import { planJson, planText } from './plan-report.ts';

const command = {
  name: 'npm run plan',
  help: `Shows how a deployment divides the endpoints among workers, what it costs a month, and what would not fit.

  npm run plan -- [options]

  --endpoints DIR        where the YAML files are (default endpoints)
  --json                 one JSON document
  --free-tier            counts the free tiers of AWS, as if nothing else used them
  --max-monthly-usd N    a budget: more is a problem
  --max-workers N        more jobsets are a problem
  --region R             where it is to be deployed: targets elsewhere are a problem
  --check-secrets        asks AWS which of the needed secrets exist, with the credentials of the environment
  --help                 this text

Exit codes: 0 no problems, 1 problems, 2 wrong use.`,
  options: {
    endpoints: { type: 'string', default: 'endpoints' },
    json: { type: 'boolean', default: false },
    'free-tier': { type: 'boolean', default: false },
    'max-monthly-usd': { type: 'string' },
    'max-workers': { type: 'string' },
    region: { type: 'string' },
    'check-secrets': { type: 'boolean', default: false },
  },
  maxPositionals: 0,
} as const;

const readUsd = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new WrongUse(`--max-monthly-usd is "${text}", not an amount like 50`);
  return Number(text);
};

const readCount = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new WrongUse(`--max-workers is "${text}", not a number from 1`);
  return Number(text);
};

const ofFile = ({ file, line, col, message, fix }: Problem): PlanProblem => ({
  source: `${file}:${line}:${col}`,
  message,
  fix,
});

const secretProblems = async (secrets: readonly NeededSecret[]): Promise<readonly PlanProblem[]> => {
  const { checkSecrets } = await import('../aws/check-secrets.ts');
  const check = checkSecrets({ config: {}, clock: systemClock });
  const statuses = await check(
    secrets.map(({ name }) => name),
    new AbortController().signal,
  );
  return secrets.flatMap(({ name, usedBy, createCommand, restoreCommand }): readonly PlanProblem[] => {
    const source = null;
    const needed = `${usedBy[0]} needs the secret ${name}`;
    const status = statuses.get(name) ?? { kind: 'missing' };
    switch (status.kind) {
      case 'there':
        return [];
      case 'missing':
        return [
          { source, message: `${needed}, which does not exist`, fix: `Create it: \`${createCommand}\`` },
        ];
      case 'deleted':
        return [
          { source, message: `${needed}, which is to be deleted`, fix: `Restore it: \`${restoreCommand}\`` },
        ];
      case 'unknown':
        return [{ source, message: `${needed}, and AWS does not say whether it exists`, fix: status.error }];
      default:
        return status satisfies never;
    }
  });
};

await runCommand(command, async options => {
  const loaded = await loadFolder(options.endpoints);
  if (loaded.kind === 'no-folder') throw new WrongUse(loaded.message);
  const { config } = loaded;
  const freeTier = options['free-tier'];
  const plan = planOf(config, {
    freeTier,
    maxMonthlyUsd: readUsd(options['max-monthly-usd']),
    maxWorkers: readCount(options['max-workers']),
    region: options.region ?? null,
    alarmTopicArn: null,
  });
  const secrets = neededSecrets(config);
  const problems = [
    ...loaded.problems.filter(({ severity }) => severity === 'error').map(ofFile),
    ...plan.problems,
    ...missingCertificates(config),
    ...(options['check-secrets'] ? await secretProblems(secrets) : []),
  ];
  const report = { plan, freeTier, endpointCosts: endpointCosts(config, plan), secrets, problems };
  process.stdout.write(`${options.json ? planJson(report) : planText(report)}\n`);
  return problems.length > 0 ? 1 : 0;
});
