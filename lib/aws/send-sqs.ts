import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { RenderedAs } from '../domain/rendered.ts';
import type { Transition } from '../domain/transition.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion, type Region } from './send-client.ts';
import { fifoFields } from './send-fifo.ts';

/** `https://sqs.<region>.amazonaws.com/…`, or the older `https://<region>.queue.amazonaws.com/…`. */
const regionOfQueue = (queueUrl: string): Region => {
  const [first = '', second = ''] = (URL.parse(queueUrl)?.hostname ?? '').split('.');
  if (first === 'sqs' || first === 'sqs-fips') return second || null;
  return second === 'queue' ? first : null;
};

export const sqsSender = (deps: AwsSendDeps) => {
  const clientIn = clientPerRegion(deps, config => new SQSClient(config));
  return (
    { rendered, transition }: { readonly rendered: RenderedAs<'sqs'>; readonly transition: Transition },
    signal: AbortSignal,
  ): Promise<Outcome> =>
    attempt(deps.clock, 'SQS', signal, async abortSignal => {
      const { queueUrl, body } = rendered;
      await clientIn(regionOfQueue(queueUrl)).send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(body),
          ...fifoFields(queueUrl, transition),
        }),
        { abortSignal },
      );
      return { kind: 'accepted' };
    });
};
