import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, type RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Network } from './context.ts';
import { type EngineResources, grantEngine } from './engine-permissions.ts';
import { placeInNetwork } from './network.ts';
import { dependOnPolicyAlone } from './policy-first.ts';

/** What both functions of a deployment share. */
export type EngineProps = EngineResources & {
  readonly stage: string;
  readonly code: Code;
  readonly logRetentionDays: number;
  readonly removalPolicy: RemovalPolicy;
};

type OwnProps = {
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  /** null: none is reserved. */
  readonly reservedConcurrency: number | null;
  readonly environment: { readonly [variable: string]: string };
  /** null: outside every VPC. */
  readonly network: Network | null;
  /** Gets a message for each invocation that failed. */
  readonly failures: Queue | null;
};

/** A role that may write to its own log group and run the engine, and nothing else. */
export class EngineFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: EngineProps & OwnProps) {
    super(scope, id);
    const { stage, table, bus, network, failures } = props;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: props.logRetentionDays,
      removalPolicy: props.removalPolicy,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(this.role);
    grantEngine(this.role, props);
    if (failures !== null) this.role.addToPolicy(sendTo(failures));
    this.function = new LambdaFunction(this, 'Function', {
      code: props.code,
      handler: props.handler,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // The lease makes a second start harmless, and the next minute brings one anyway.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      environment: {
        PEREGRINE_STAGE: stage,
        PEREGRINE_TABLE: table.tableName,
        PEREGRINE_BUS: bus.eventBusName,
        POWERTOOLS_SERVICE_NAME: 'peregrine',
        ...props.environment,
      },
      ...(props.reservedConcurrency !== null && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      ...(failures !== null && { onFailure: { bind: () => ({ destination: failures.queueArn }) } }),
    });
    dependOnPolicyAlone(this.function, this.role);
    if (network !== null) placeInNetwork(this.function, this.role, network);
  }
}

const sendTo = (queue: Queue): PolicyStatement =>
  new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
