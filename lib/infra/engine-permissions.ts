import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Stack, Validations } from 'aws-cdk-lib/core';
import { usedTargets } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import { MONITOR_NAMESPACE } from '../domain/metric.ts';
import { secretUses } from '../domain/secret-uses.ts';
import { table as layout } from '../domain/table.ts';

/** What the functions read, write and send to. */
export type EngineResources = {
  readonly table: Table;
  readonly bus: EventBus;
  /** Config of the whole deployment: its targets say which namespaces and buses are needed. */
  readonly config: Config;
};

/** The calls that lib/aws makes. */
export const TABLE_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

/** The namespaces of the metrics that targets ask for. */
export const targetNamespaces = (config: Config): readonly string[] =>
  distinct(usedTargets(config).flatMap(({ to }) => (to.kind === 'cloudwatch' ? [to.namespace] : [])));

/** Names and ARNs of the event buses that targets name. */
const otherBuses = (config: Config): readonly string[] =>
  distinct(
    usedTargets(config).flatMap(({ to }) =>
      to.kind === 'eventbridge' && to.eventBus !== null ? [to.eventBus] : [],
    ),
  );

const busArn = (stack: Stack, nameOrArn: string): string =>
  nameOrArn.startsWith('arn:')
    ? nameOrArn
    : stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: nameOrArn });

/** State, transitions and metrics: what both functions do. */
export const grantEngine = (role: Role, { table, bus, config }: EngineResources): void => {
  const stack = Stack.of(role);
  role.addToPolicy(
    new PolicyStatement({
      actions: TABLE_ACTIONS,
      resources: [table.tableArn, `${table.tableArn}/index/${layout.monthsIndex.name}`],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [bus.eventBusArn, ...otherBuses(config).map(one => busArn(stack, one))],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: {
        StringEquals: {
          'cloudwatch:namespace': distinct([MONITOR_NAMESPACE, ...targetNamespaces(config)]),
        },
      },
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'PutMetricData takes no resource; a condition names the namespaces.',
  });
};

/** The secrets that checks send: by name, whatever six characters Secrets Manager has added. */
export const grantSecretsOfChecks = (role: Role, config: Config): void => {
  const names = distinct(
    secretUses(config).flatMap(({ kind, secret }) => (kind === 'endpoint' ? [secret] : [])),
  );
  for (const name of names)
    role.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [
          `arn:${Stack.of(role).partition}:secretsmanager:${Stack.of(role).region}:${Stack.of(role).account}:secret:${name}-??????`,
        ],
      }),
    );
};
