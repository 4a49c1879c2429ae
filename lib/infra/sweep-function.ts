import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { EngineFunction, type EngineProps } from './engine-function.ts';

export type SweepFunctionProps = EngineProps & {
  /** Gets a message for each run that failed: nothing else would tell of it. */
  readonly failures: Queue;
  readonly reservedConcurrency: number | null;
};

const MEMORY_MB = 256;

/** Every minute: what no worker holds any more. By a rule of the default bus, whose events cost nothing. */
export class SweepFunction extends EngineFunction {
  constructor(scope: Construct, id: string, props: SweepFunctionProps) {
    super(scope, id, {
      ...props,
      handler: 'sweep.handler',
      memoryMb: MEMORY_MB,
      timeout: Duration.minutes(1),
      environment: {},
      network: null,
    });
    const rule = new CfnRule(this, 'EveryMinute', {
      scheduleExpression: 'rate(1 minute)',
      targets: [
        {
          id: 'Sweep',
          arn: this.function.functionArn,
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        },
      ],
    });
    this.function.addPermission('EveryMinute', {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: rule.attrArn,
    });
  }
}
