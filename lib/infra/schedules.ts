import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { policyOf } from './policy-first.ts';

export type SchedulesProps = {
  readonly stage: string;
  readonly jobsets: readonly { readonly id: string }[];
  readonly check: LambdaFunction;
};

/** Starts the check function for each jobset every minute: the watchdog of workers that hold a lease, the clock of
 *  bursts. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { stage, jobsets, check }: SchedulesProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const name = `peregrine-${stage}`;
    const group = new CfnScheduleGroup(this, 'Group', { name });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': stack.account,
            'aws:SourceArn': stack.formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: name,
            }),
          },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [check.functionArn] }),
    );
    for (const jobset of jobsets) {
      const schedule = new CfnSchedule(this, jobset.id, {
        groupName: group.ref,
        name: jobset.id,
        scheduleExpression: 'rate(1 minute)',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: check.functionArn,
          roleArn: role.roleArn,
          input: JSON.stringify({ jobset: jobset.id, scheduledAt: '<aws.scheduler.scheduled-time>' }),
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        },
      });
      schedule.addResourceDependency(policyOf(role));
    }
  }
}
