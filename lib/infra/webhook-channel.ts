import { CfnApiDestination } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type ChannelProps, channelRule, deliveryPath } from './channel-rule.ts';
import type { WebhookConnections } from './webhook-connections.ts';

export type WebhookChannelProps = ChannelProps<'webhook'> & {
  readonly connections: WebhookConnections;
  readonly role: IRole;
};

/** All destinations of a deployment begin so: the role is restricted to them. */
export const destinationPrefix = (stage: string): string => `peregrine-${stage}-webhook_`;

/** Sends bodies that are rendered already, with their headers. */
export class WebhookChannel extends Construct {
  constructor(scope: Construct, id: string, props: WebhookChannelProps) {
    super(scope, id);
    const { channel, stage, connections, role } = props;
    const { url, method, headers, apiKey } = channel.to;
    const destination = new CfnApiDestination(this, 'Destination', {
      name: `peregrine-${stage}-${channel.id}`,
      connectionArn: connections.sending(apiKey).attrArn,
      httpMethod: method,
      invocationEndpoint: url,
      // Whole numbers from 1; the worker itself keeps a slower pace.
      invocationRateLimitPerSecond: Math.max(1, Math.ceil(channel.maxPerSecond)),
    });
    const names = [...new Set(['idempotency-key', ...Object.keys(headers).map(name => name.toLowerCase())])];
    channelRule(this, props, {
      arn: destination.attrArn,
      roleArn: role.roleArn,
      inputPath: deliveryPath(channel.id, 'body'),
      httpParameters: {
        headerParameters: Object.fromEntries(
          names.map(name => [name, deliveryPath(channel.id, 'headers', name)]),
        ),
      },
    });
  }
}
