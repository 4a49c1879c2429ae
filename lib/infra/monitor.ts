import type { Code } from 'aws-cdk-lib/aws-lambda';
import { CfnOutput, type RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../domain/config.ts';
import { CheckFunction } from './check-function.ts';
import type { Network } from './context.ts';
import { MonitorBus } from './monitor-bus.ts';
import { Schedules } from './schedules.ts';
import { StateTable } from './state-table.ts';
import { SweepFunction } from './sweep-function.ts';

/** What a deployment runs. */
export type MonitorProps = {
  readonly stage: string;
  /** All endpoints and targets: decides what the functions may reach. */
  readonly config: Config;
  readonly jobsets: readonly { readonly id: string }[];
  /** `check.mjs`, `sweep.mjs`, the jobsets and `deployment.json`. */
  readonly code: Code;
  readonly memoryMb: number;
  readonly reservedConcurrency: number | 'none' | null;
  readonly logRetentionDays: number;
  readonly network: Network | null;
  /** Removal policy of what holds data. */
  readonly removalPolicy: RemovalPolicy;
};

/** During a hand-over a jobset has two workers; and a few for duplicates. */
const concurrencyFor = (jobsets: number): number => 2 * jobsets + 3;

/** The part without which nothing is watched: table, bus, functions, schedules. */
export class Monitor extends Construct {
  readonly table: StateTable;
  readonly bus: MonitorBus;
  readonly check: CheckFunction;
  readonly sweep: SweepFunction;

  constructor(scope: Construct, id: string, props: MonitorProps) {
    super(scope, id);
    const { stage, config, code, jobsets, logRetentionDays, removalPolicy, reservedConcurrency } = props;
    const reserves = reservedConcurrency !== 'none';
    this.table = new StateTable(this, 'State', { removalPolicy });
    this.bus = new MonitorBus(this, 'Bus', { stage });
    const engine = {
      stage,
      config,
      code,
      logRetentionDays,
      removalPolicy,
      table: this.table.table,
      bus: this.bus.bus,
    };
    this.check = new CheckFunction(this, 'Check', {
      ...engine,
      memoryMb: props.memoryMb,
      network: props.network,
      reservedConcurrency: reserves ? (reservedConcurrency ?? concurrencyFor(jobsets.length)) : null,
    });
    this.sweep = new SweepFunction(this, 'Sweep', {
      ...engine,
      failures: this.bus.deadLetters.queue,
      reservedConcurrency: reserves ? 1 : null,
    });
    new Schedules(this, 'Schedules', { stage, jobsets, check: this.check.function });
    this.output('Table', this.table.table.tableName);
    this.output('EventBus', this.bus.bus.eventBusName);
    this.output('DeadLetterQueue', this.bus.deadLetters.queue.queueUrl);
    this.output('CheckFunction', this.check.function.functionName);
    this.output('CheckLog', this.check.logGroup.logGroupName);
    this.output('SweepFunction', this.sweep.function.functionName);
    this.output('SweepLog', this.sweep.logGroup.logGroupName);
  }

  /** Under its own name, for the runbook's commands. */
  private output(name: string, value: string): void {
    new CfnOutput(this, `${name}Output`, { value }).overrideLogicalId(name);
  }
}
