import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Network } from './context.ts';
import { EngineFunction, type EngineProps } from './engine-function.ts';
import { grantSecretsOfChecks } from './engine-permissions.ts';

export type CheckFunctionProps = EngineProps & {
  readonly memoryMb: number;
  /** null: none is reserved. */
  readonly reservedConcurrency: number | null;
  readonly network: Network | null;
};

/** The most that Lambda allows: the longer a worker lives, the fewer hand-overs. */
const TIMEOUT = Duration.minutes(15);

/** Runs the checks of one jobset for an invocation. */
export class CheckFunction extends EngineFunction {
  constructor(scope: Construct, id: string, props: CheckFunctionProps) {
    super(scope, id, {
      ...props,
      handler: 'check.handler',
      timeout: TIMEOUT,
      // A slow system resolver holds a thread a lookup: with Node's four, four such names would hold up all others.
      environment: { UV_THREADPOOL_SIZE: '64' },
      failures: null,
    });
    grantSecretsOfChecks(this.role, props.config);
  }
}
