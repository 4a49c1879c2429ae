import { CfnRule, type EventBus } from 'aws-cdk-lib/aws-events';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type ChannelDestination, TRANSITION_DETAIL_TYPE, transitionSource } from '../domain/channel.ts';
import type { Channel, ChannelTo } from '../domain/channel-list.ts';
import { plainText } from './plain-text.ts';

/** What each way out of the bus is made with. */
export type ChannelProps<Kind extends ChannelDestination['kind']> = BusProps & {
  readonly channel: ChannelTo<Kind>;
};

type BusProps = {
  readonly stage: string;
  readonly bus: EventBus;
  readonly deadLetters: Queue;
};

/** JSON path of what one channel is to send, in the event that carries a transition. */
export const deliveryPath = (channelId: string, ...fields: readonly string[]): string =>
  ['$.detail.deliveries', channelId, ...fields].join('.');

/** EventBridge's own limits: it repeats what fails with back-off, then gives it to the queue. */
const MAX_AGE_S = 24 * 60 * 60;
const MAX_RETRIES = 185;

export const channelRule = (
  scope: Construct,
  { channel, stage, bus, deadLetters }: BusProps & { readonly channel: Channel },
  target: Omit<CfnRule.TargetProperty, 'id'>,
): CfnRule =>
  new CfnRule(scope, 'Rule', {
    description: plainText(`Peregrine ${stage}: ${channel.targets.map(({ name }) => name).join(', ')}`).slice(
      0,
      512,
    ),
    eventBusName: bus.eventBusName,
    eventPattern: {
      source: [transitionSource(stage)],
      'detail-type': [TRANSITION_DETAIL_TYPE],
      detail: { deliveries: { [channel.id]: { to: [channel.id] } } },
    },
    targets: [
      {
        ...target,
        id: 'Channel',
        retryPolicy: { maximumEventAgeInSeconds: MAX_AGE_S, maximumRetryAttempts: MAX_RETRIES },
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    ],
  });
