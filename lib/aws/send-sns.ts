import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { RenderedAs } from '../domain/rendered.ts';
import type { Transition } from '../domain/transition.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion, regionOfArn } from './send-client.ts';
import { fifoFields } from './send-fifo.ts';

/** SNS takes printable ASCII, fewer than 100 characters. */
const snsSubject = (subject: string) => subject.replace(/[^\x20-\x7e]/gu, '?').slice(0, 99);

export const snsSender = (deps: AwsSendDeps) => {
  const clientIn = clientPerRegion(deps, config => new SNSClient(config));
  return (
    { rendered, transition }: { readonly rendered: RenderedAs<'sns'>; readonly transition: Transition },
    signal: AbortSignal,
  ): Promise<Outcome> =>
    attempt(deps.clock, 'SNS', signal, async abortSignal => {
      const { topicArn, subject, text } = rendered;
      await clientIn(regionOfArn(topicArn)).send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: snsSubject(subject),
          Message: text,
          ...fifoFields(topicArn, transition),
        }),
        { abortSignal },
      );
      return { kind: 'accepted' };
    });
};
