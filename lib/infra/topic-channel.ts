import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type ChannelProps, channelRule, deliveryPath } from './channel-rule.ts';

/** Publishes on a topic that is not of this stack. */
export class TopicChannel extends Construct {
  constructor(scope: Construct, id: string, props: ChannelProps<'sns'> & { readonly role: IRole }) {
    super(scope, id);
    const { channel, role } = props;
    channelRule(this, props, {
      arn: channel.to.topicArn,
      roleArn: role.roleArn,
      inputPath: deliveryPath(channel.id, 'text'),
    });
  }
}
