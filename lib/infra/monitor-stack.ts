import { type App, Stack } from 'aws-cdk-lib/core';
import { channelsOf } from '../domain/channel-list.ts';
import { alarmTopicChannels } from '../plan/alarm-topics.ts';
import { BusArchive } from './bus-archive.ts';
import { Channels } from './channels.ts';
import { Dashboard } from './dashboard.ts';
import { type AlarmedEndpoint, alarmedEndpoints, alarmStacks, EndpointAlarms } from './endpoint-alarms.ts';
import { targetNamespaces } from './engine-permissions.ts';
import { Monitor, type MonitorProps } from './monitor.ts';
import { MonitorAlarms } from './monitor-alarms.ts';
import { quietMinutes } from './quiet-minutes.ts';
import type { RunbookPlace } from './runbook-link.ts';

export type MonitorStackProps = MonitorProps & {
  /** Hears of the monitor's alarms, beside the targets of `self`. */
  readonly alarmTopicArn: string | null;
  readonly runbook: RunbookPlace;
  /** Files with errors may be deployed, and are ignored. */
  readonly allowInvalid: boolean;
  readonly checksPerSecond: number;
};

const stackName = (stage: string): string => `peregrine-${stage}`;

/** A whole deployment; only the alarms of many endpoints stand in stacks beside it. */
export class MonitorStack extends Stack {
  constructor(scope: App, props: MonitorStackProps) {
    super(scope, stackName(props.stage), {
      description: `Peregrine monitor, stage ${props.stage}`,
    });
    const { stage, config, runbook } = props;
    const monitor = new Monitor(this, 'Monitor', props);
    const { bus } = monitor.bus;
    const deadLetters = monitor.bus.deadLetters.queue;
    const parts = {
      stage,
      runbook,
      check: monitor.check.function,
      sweep: monitor.sweep.function,
      table: monitor.table.table,
      deadLetters,
    };
    new BusArchive(this, 'Archive', { bus });
    const { topicArns } = new Channels(this, 'Channels', {
      stage,
      channels: channelsOf(config),
      bus,
      deadLetters,
    });
    const { alarms } = new MonitorAlarms(this, 'Alarms', {
      ...parts,
      ...props,
      quietMinutes: quietMinutes(config),
      topicArns: alarmTopics(props, topicArns),
    });
    new Dashboard(this, 'Dashboard', { ...parts, alarms, namespaces: targetNamespaces(config) });
    const { inMonitorStack, further } = alarmStacks(alarmedEndpoints(config));
    new EndpointAlarms(this, 'EndpointAlarms', { alarmed: inMonitorStack });
    for (const [at, alarmed] of further.entries()) new EndpointAlarmStack(scope, stage, at + 1, alarmed);
  }
}

/** Topics of the targets that `self` names, and the one that was given. */
const alarmTopics = (
  { config, alarmTopicArn }: MonitorStackProps,
  topicArns: ReadonlyMap<string, string>,
): readonly string[] => {
  const arns = alarmTopicChannels(config).flatMap(({ id }) => topicArns.get(id) ?? []);
  return [...new Set([...arns, ...(alarmTopicArn === null ? [] : [alarmTopicArn])])];
};

class EndpointAlarmStack extends Stack {
  constructor(scope: App, stage: string, number: number, alarmed: readonly AlarmedEndpoint[]) {
    super(scope, `${stackName(stage)}-alarms-${number}`, {
      description: `Peregrine alarms of endpoints, stage ${stage}`,
    });
    new EndpointAlarms(this, 'EndpointAlarms', { alarmed });
  }
}
