import { createHash } from 'node:crypto';
import type { Destination, Target } from './target.ts';

/** Kinds of destinations that the bus of a deployment passes deliveries on to; the others the worker serves itself. */
type ChannelKind = 'webhook' | 'sns' | 'lambda' | 'sqs' | 'recipients';
export type ChannelDestination = Extract<Destination, { readonly kind: ChannelKind }>;

/** What makes two targets share a way out: the address and its pace, not what is said there. */
const addressOf = (to: ChannelDestination): unknown => {
  switch (to.kind) {
    case 'webhook':
      return [to.url, to.method, to.apiKey, Object.keys(to.headers).sort()];
    case 'sns':
      return to.topicArn;
    case 'lambda':
      return to.functionArn;
    case 'sqs':
      return to.queueUrl;
    case 'recipients':
      return [...to.recipients].sort();
    default:
      return to satisfies never;
  }
};

export const isChannelDestination = (to: Destination): to is ChannelDestination =>
  to.kind === 'webhook' ||
  to.kind === 'sns' ||
  to.kind === 'lambda' ||
  to.kind === 'sqs' ||
  to.kind === 'recipients';

/** One way out of the bus for each distinct destination and rate, however many targets name it. Letters, digits and
 *  `_` only, so that it can stand in a JSON path. */
export const channelId = (to: ChannelDestination, { maxPerSecond }: Pick<Target, 'maxPerSecond'>): string =>
  `${to.kind}_${createHash('sha256')
    .update(JSON.stringify([addressOf(to), maxPerSecond]))
    .digest('hex')
    .slice(0, 12)}`;

/** The event that carries transitions over the bus: `{ transition, deliveries: { [channel id]: … } }`. */
export const TRANSITION_DETAIL_TYPE = 'Peregrine Transition';
export const transitionSource = (stage: string): string => `peregrine.${stage}`;
