import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type ChannelProps, channelRule, deliveryPath } from './channel-rule.ts';

/** Starts a function that is not of this stack, and permits the rule to. */
export class FunctionChannel extends Construct {
  constructor(scope: Construct, id: string, props: ChannelProps<'lambda'>) {
    super(scope, id);
    const { id: channelId, to } = props.channel;
    const rule = channelRule(this, props, {
      arn: to.functionArn,
      inputPath: deliveryPath(channelId, 'payload'),
    });
    new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: to.functionArn,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    });
  }
}
