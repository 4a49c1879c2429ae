import { join } from 'node:path';
import { type CfnFunction, Code } from 'aws-cdk-lib/aws-lambda';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { channelsOf, isTo } from '../../lib/domain/channel-list.ts';
import { bundle } from '../../lib/infra/bundle.ts';
import { Channels } from '../../lib/infra/channels.ts';
import { readParameters } from '../../lib/infra/context.ts';
import { Dashboard } from '../../lib/infra/dashboard.ts';
import { alarmedEndpoints, EndpointAlarms } from '../../lib/infra/endpoint-alarms.ts';
import { targetNamespaces } from '../../lib/infra/engine-permissions.ts';
import { Monitor } from '../../lib/infra/monitor.ts';
import { MonitorAlarms } from '../../lib/infra/monitor-alarms.ts';
import { prepare } from '../../lib/infra/prepare.ts';
import { quietMinutes } from '../../lib/infra/quiet-minutes.ts';

/** A deployment without what MiniStack's CloudFormation does not know: archive, connections, API destinations. The
 *  webhooks stand in a stack beside it, from which a test makes them by calls. `PEREGRINE_TEST_DEADLINE_S` shortens the
 *  life of workers. */
const app = new App({ analyticsReporting: false });
const read = readParameters(app.node.getAllContext());
if (read.kind === 'refused') throw new Error(read.lines.join('\n'));
const { parameters } = read;
const preparation = await prepare(parameters, { region: 'us-east-1' });
if (preparation.kind === 'refused') throw new Error(preparation.lines.join('\n'));
const { prepared } = preparation;
const { config } = prepared;
const { stage } = parameters;
const name = `peregrine-${stage}`;
const folder = join(app.outdir, 'functions');
bundle(folder, prepared);
const env = { account: '123456789012', region: 'us-east-1' };

const stack = new Stack(app, name, { env });
const monitor = new Monitor(stack, 'Monitor', {
  ...parameters,
  ...prepared,
  code: Code.fromAsset(folder),
  removalPolicy: RemovalPolicy.DESTROY,
});
const parts = {
  ...parameters,
  ...prepared,
  bus: monitor.bus.bus,
  runbook: null,
  check: monitor.check.function,
  sweep: monitor.sweep.function,
  table: monitor.table.table,
  deadLetters: monitor.bus.deadLetters.queue,
};
const channels = channelsOf(config);
const isWebhook = isTo('webhook');
new Channels(stack, 'Channels', { ...parts, channels: channels.filter(channel => !isWebhook(channel)) });
const { alarms } = new MonitorAlarms(stack, 'Alarms', {
  ...parts,
  quietMinutes: quietMinutes(config),
  topicArns: [],
});
new Dashboard(stack, 'Dashboard', { ...parts, alarms, namespaces: targetNamespaces(config) });
new EndpointAlarms(stack, 'EndpointAlarms', { alarmed: alarmedEndpoints(config) });

const deadlineS = process.env.PEREGRINE_TEST_DEADLINE_S;
if (deadlineS !== undefined) (parts.check.node.defaultChild as CfnFunction).timeout = Number(deadlineS);

const webhooks = new Stack(app, `${name}-webhooks`, { env });
new Channels(webhooks, 'Channels', { ...parts, channels: channels.filter(isWebhook) });
app.synth();
