import type { RenderedAs } from '../../domain/rendered.ts';
import { printable } from '../log/printable.ts';
import { accepted, type Delivery, type DestinationKind, type Sender, type Senders } from './sender.ts';

/** Destinations that exist on AWS only: with `--aws` others take their place. */
export type ServiceSenders = Omit<Senders, 'webhook' | 'run'>;

export type Print = (line: string) => void;

const LONGEST_LINE = 4000;

type ServiceKind = keyof ServiceSenders;
type ToLine<Kind extends DestinationKind> = (rendered: RenderedAs<Kind>) => string;

const onOneLine = (text: string) => text.replaceAll('\n', ' ');

const lines: { readonly [kind in ServiceKind]: ToLine<kind> } = {
  recipients: ({ recipients, text }) => `send to ${recipients.join(', ')}: ${onOneLine(text)}`,
  sns: ({ topicArn, text }) => `publish to ${topicArn}: ${onOneLine(text)}`,
  sqs: ({ queueUrl, body }) => `send to ${queueUrl}: ${JSON.stringify(body)}`,
  lambda: ({ functionArn, payload }) => `invoke ${functionArn} with ${JSON.stringify(payload)}`,
  eventbridge: ({ eventBus, source, detailType, detail }) =>
    `put on the event bus ${eventBus ?? 'of the monitor'}: "${detailType}" from ${source} ${JSON.stringify(detail)}`,
  cloudwatch: ({ namespace, dimensions, metrics }) =>
    `put in ${namespace} ${JSON.stringify(dimensions)}: ${metrics.map(({ name, value }) => `${name} ${value}`).join(', ')}`,
};

/** Says what would be sent. */
export const printSenders = (print: Print): ServiceSenders => {
  const printed =
    <Kind extends ServiceKind>(kind: Kind): Sender<Kind> =>
    async ({ target, rendered }: Delivery<Kind>) => {
      print(printable(`target "${target.name}" would ${lines[kind](rendered)}`, LONGEST_LINE));
      return accepted;
    };
  return {
    recipients: printed('recipients'),
    sns: printed('sns'),
    sqs: printed('sqs'),
    lambda: printed('lambda'),
    eventbridge: printed('eventbridge'),
    cloudwatch: printed('cloudwatch'),
  };
};
