import type { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Channel, isTo } from '../domain/channel-list.ts';
import { queueArn } from '../plan/queue-arn.ts';
import { FunctionChannel } from './function-channel.ts';
import { QueueChannel } from './queue-channel.ts';
import { RecipientsChannel } from './recipients-channel.ts';
import { TopicChannel } from './topic-channel.ts';
import { destinationPrefix, WebhookChannel } from './webhook-channel.ts';
import { WebhookConnections } from './webhook-connections.ts';

export type ChannelsProps = {
  readonly stage: string;
  /** Those to make: all of `channelsOf(config)`, or some. */
  readonly channels: readonly Channel[];
  readonly bus: EventBus;
  readonly deadLetters: Queue;
};

/** The ways out of the bus: a rule and its destination for each. */
export class Channels extends Construct {
  /** Topics that tell people or systems, by channel. */
  readonly topicArns: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, { channels, ...common }: ChannelsProps) {
    super(scope, id);
    const { stage } = common;
    const topicArns = new Map<string, string>();
    const webhooks = channels.filter(isTo('webhook'));
    const topics = channels.filter(isTo('sns'));
    const queues = channels.filter(isTo('sqs'));
    if (webhooks.length + topics.length + queues.length > 0) {
      const role = this.deliveryRole();
      for (const channel of topics) {
        new TopicChannel(this, channel.id, { ...common, channel, role });
        allow(role, 'sns:Publish', channel.to.topicArn);
        topicArns.set(channel.id, channel.to.topicArn);
      }
      for (const channel of queues) {
        new QueueChannel(this, channel.id, { ...common, channel, role });
        allow(role, 'sqs:SendMessage', queueArn(Stack.of(this).partition, channel.to.queueUrl));
      }
      if (webhooks.length > 0) {
        const connections = new WebhookConnections(this, 'Connections', { stage });
        for (const channel of webhooks)
          new WebhookChannel(this, channel.id, { ...common, channel, connections, role });
        this.allowDestinations(role, stage);
      }
    }
    for (const channel of channels.filter(isTo('lambda')))
      new FunctionChannel(this, channel.id, { ...common, channel });
    for (const channel of channels.filter(isTo('recipients'))) {
      const { topic } = new RecipientsChannel(this, channel.id, { ...common, channel });
      topicArns.set(channel.id, topic.topicArn);
    }
    this.topicArns = topicArns;
  }

  /** EventBridge acts with it where the receiver is not of this stack, so that its own policy need not change. */
  private deliveryRole(): Role {
    return new Role(this, 'Role', { assumedBy: new ServicePrincipal('events.amazonaws.com') });
  }

  /** By the beginning of their names: a list of ARNs would outgrow a policy. */
  private allowDestinations(role: Role, stage: string): void {
    const pattern = `${destinationPrefix(stage)}*/*`;
    allow(
      role,
      'events:InvokeApiDestination',
      Stack.of(this).formatArn({ service: 'events', resource: 'api-destination', resourceName: pattern }),
    );
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:api-destination/${pattern}]`,
      reason: 'Only API destinations of this deployment begin so, and AWS adds a random id to each.',
    });
  }
}

const allow = (role: Role, action: string, resource: string): void => {
  role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
};
