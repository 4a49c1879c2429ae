import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { queueArn } from '../plan/queue-arn.ts';
import { type ChannelProps, channelRule, deliveryPath } from './channel-rule.ts';

/** Sends to a queue that is not of this stack. */
export class QueueChannel extends Construct {
  constructor(scope: Construct, id: string, props: ChannelProps<'sqs'> & { readonly role: IRole }) {
    super(scope, id);
    const { channel, role } = props;
    const { queueUrl } = channel.to;
    channelRule(this, props, {
      arn: queueArn(Stack.of(this).partition, queueUrl),
      roleArn: role.roleArn,
      inputPath: deliveryPath(channel.id, 'body'),
      // EventBridge takes no group from the event: all are in one, which keeps every order there is.
      ...(queueUrl.endsWith('.fifo') && { sqsParameters: { messageGroupId: channel.id } }),
    });
  }
}
