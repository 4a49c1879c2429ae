import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type ChannelProps, channelRule, deliveryPath } from './channel-rule.ts';
import { shortHash } from './short-hash.ts';

/** A topic of its own with e-mail addresses and phone numbers. It is not encrypted: neither EventBridge nor alarms
 *  can publish under SNS's own key, and a key of the account costs $1 a month. */
export class RecipientsChannel extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: ChannelProps<'recipients'>) {
    super(scope, id);
    const { channel } = props;
    this.topic = new Topic(this, 'Topic', { enforceSSL: true });
    const rule = channelRule(this, props, {
      arn: this.topic.topicArn,
      inputPath: deliveryPath(channel.id, 'text'),
    });
    this.permit('events.amazonaws.com', { ArnEquals: { 'aws:SourceArn': rule.attrArn } });
    this.permit('cloudwatch.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
    });
    for (const recipient of new Set(channel.to.recipients))
      new CfnSubscription(this, `To${shortHash(recipient)}`, {
        topicArn: this.topic.topicArn,
        protocol: recipient.startsWith('+') ? 'sms' : 'email',
        endpoint: recipient,
      });
  }

  private permit(service: string, conditions: { readonly [operator: string]: unknown }): void {
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(service)],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions,
      }),
    );
  }
}
