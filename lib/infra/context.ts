import { problemText } from '../config/problem/problem.ts';
import { didYouMean } from '../config/problem/suggest.ts';

/** Subnets that the check function stands in, so that it reaches private endpoints. */
export type Network = {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Empty: a group of its own that lets everything out. */
  readonly securityGroupIds: readonly string[];
};

/** What a deployment is told by `-c key=value`, or by `context` in cdk.json. */
export type Parameters = {
  readonly endpoints: string;
  readonly stage: string;
  readonly network: Network | null;
  readonly allowInvalid: boolean;
  readonly maxWorkers: number | null;
  readonly logRetentionDays: number;
  readonly ephemeral: boolean;
  readonly maxMonthlyUsd: number | null;
  /** null: as many as the jobsets need. */
  readonly reservedConcurrency: number | 'none' | null;
  readonly alarmTopicArn: string | null;
  /** `owner/name` on GitHub. */
  readonly repository: string | null;
  readonly branch: string;
  /** `owner's id/repository's id`. */
  readonly repositoryIds: string | null;
  readonly oidcProviderArn: string | null;
};

type Context = { readonly [key: string]: unknown };
type Kind<T> = { readonly read: (text: string) => T | null; readonly advice: string };

const text = (pattern: RegExp, advice: string): Kind<string> => ({
  read: value => (pattern.test(value) ? value : null),
  advice,
});

const list = (pattern: RegExp, advice: string): Kind<readonly string[]> => ({
  read: value => {
    const items = value.split(',').map(item => item.trim());
    return items.every(item => pattern.test(item)) ? items : null;
  },
  advice,
});

const number = (min: number, max: number, pattern: RegExp, advice: string): Kind<number> => ({
  read: value => (pattern.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : null),
  advice,
});

const flag: Kind<boolean> = {
  read: value => (value === 'true' ? true : value === 'false' ? false : null),
  advice: 'Write true or false',
};

/** The retentions that CloudWatch Logs takes. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const idOf = (what: string): RegExp => new RegExp(`^${what}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`);

const kinds = {
  endpoints: text(/./, 'Write the folder of the endpoint files'),
  // The stacks of endpoint alarms are named `<stage>-alarms-<n>`.
  stage: text(
    /^(?!.*-alarms-\d+$)[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/,
    'Write 1 to 20 of a-z, 0-9 and "-", starting with a letter, not ending in "-alarms-1" or such',
  ),
  vpcId: text(idOf('vpc'), 'Write the id of a VPC: vpc-0123456789abcdef0'),
  subnetIds: list(idOf('subnet'), 'Write ids of subnets, with commas between them: subnet-0123456789abcdef0'),
  securityGroupIds: list(
    idOf('sg'),
    'Write ids of security groups, with commas between them: sg-0123456789abcdef0',
  ),
  allowInvalid: flag,
  maxWorkers: number(1, 1000, /^\d+$/, 'Write a whole number from 1 to 1000'),
  logRetentionDays: {
    read: (value: string) => RETENTION_DAYS.find(days => String(days) === value) ?? null,
    advice: `Write one of ${RETENTION_DAYS.join(', ')}`,
  },
  ephemeral: flag,
  maxMonthlyUsd: number(
    0.01,
    1e9,
    /^\d+(?:\.\d+)?$/,
    'Write an amount in US dollars without its sign: 50 or 12.50',
  ),
  reservedConcurrency: {
    read: (value: string) =>
      value === 'none' ? 'none' : /^\d{1,5}$/.test(value) && Number(value) > 0 ? Number(value) : null,
    advice: 'Write a whole number from 1, or none',
  } satisfies Kind<number | 'none'>,
  alarmTopicArn: text(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/,
    'Write the whole ARN: arn:aws:sns:eu-west-1:123456789012:ops',
  ),
  repository: text(/^[\w.-]+\/[\w.-]+$/, 'Write owner/name'),
  branch: text(/^[\w./-]+$/, 'Write the name of a branch'),
  repositoryIds: text(/^\d+\/\d+$/, 'Write the ids of owner and repository: 123456/456789'),
  oidcProviderArn: text(
    /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
    'Write the whole ARN: arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
  ),
};
const names = Object.keys(kinds);

/** The CDK's own keys have a colon, a slash or a dash in them; those of this app have not. */
const isOurs = (key: string): boolean => /^\w+$/.test(key);

const unknownKeys = (given: Context): readonly string[] =>
  Object.keys(given)
    .filter(key => isOurs(key) && !names.includes(key))
    .map(key => {
      const fix = didYouMean(key, names, `Choose from ${names.join(', ')}`);
      return `-c ${key}: ${problemText({ message: 'there is no such parameter', fix })}`;
    });

/** All that is wrong at once, or the parameters with their defaults. */
export const readParameters = (
  given: Context,
):
  | { readonly kind: 'parameters'; readonly parameters: Parameters }
  | { readonly kind: 'refused'; readonly lines: readonly string[] } => {
  const lines = [...unknownKeys(given)];
  const read = <Key extends keyof typeof kinds, D>(key: Key, otherwise: D) => {
    const value = given[key];
    if (value === undefined || value === null) return otherwise;
    const kind: Kind<NonNullable<ReturnType<(typeof kinds)[Key]['read']>>> = kinds[key] as never;
    const result = kind.read(String(value));
    if (result === null) lines.push(`-c ${key}=${String(value)}: ${kind.advice}.`);
    return result ?? otherwise;
  };
  const vpcId = read('vpcId', null);
  const subnetIds = read('subnetIds', null);
  const securityGroupIds = read('securityGroupIds', null);
  if (vpcId !== null && subnetIds === null && given.subnetIds === undefined)
    lines.push('-c vpcId needs subnetIds. Add -c subnetIds=subnet-0123456789abcdef0.');
  if (given.vpcId === undefined)
    for (const key of ['subnetIds', 'securityGroupIds'] as const)
      if (given[key] !== undefined) lines.push(`-c ${key} needs vpcId. Add -c vpcId=vpc-0123456789abcdef0.`);
  const parameters: Parameters = {
    endpoints: read('endpoints', 'endpoints'),
    stage: read('stage', 'prod'),
    network:
      vpcId === null || subnetIds === null
        ? null
        : { vpcId, subnetIds, securityGroupIds: securityGroupIds ?? [] },
    allowInvalid: read('allowInvalid', false),
    maxWorkers: read('maxWorkers', null),
    logRetentionDays: read('logRetentionDays', 30),
    ephemeral: read('ephemeral', false),
    maxMonthlyUsd: read('maxMonthlyUsd', null),
    reservedConcurrency: read('reservedConcurrency', null),
    alarmTopicArn: read('alarmTopicArn', null),
    repository: read('repository', null),
    branch: read('branch', 'main'),
    repositoryIds: read('repositoryIds', null),
    oidcProviderArn: read('oidcProviderArn', null),
  };
  return lines.length > 0 ? { kind: 'refused', lines } : { kind: 'parameters', parameters };
};
