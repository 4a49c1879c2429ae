import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { RenderedAs } from '../domain/rendered.ts';
import type { Target } from '../domain/target.ts';
import type { Transition } from '../domain/transition.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion } from './send-client.ts';

/** Three parts of an SMS in the basic alphabet, each of which is paid for. */
const MAX_SMS_LENGTH = 459;
/** A text message that must arrive, not an advertisement. */
const TRANSACTIONAL = { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' } };

const isPhoneNumber = (recipient: string) => recipient.startsWith('+');

/** The worst of several: what may still be sent counts more than what never will. */
const worst = (outcomes: readonly Outcome[]): Outcome =>
  outcomes.find(({ kind }) => kind === 'failed') ??
  outcomes.find(({ kind }) => kind === 'refused') ?? { kind: 'accepted' };

/** Text messages go out; an e-mail needs a topic that the address has subscribed to, so it is printed. */
export const recipientsSender = (deps: AwsSendDeps & { readonly print: (line: string) => void }) => {
  const clientIn = clientPerRegion(deps, config => new SNSClient(config));
  /** Whom a transition has reached: a repetition for one number must not ring at all the others. */
  const reached = new WeakMap<Transition, Set<string>>();

  const text = (phone: string, message: string, signal: AbortSignal): Promise<Outcome> =>
    attempt(deps.clock, `SNS for ${phone}`, signal, async abortSignal => {
      const command = new PublishCommand({
        PhoneNumber: phone,
        Message: message,
        MessageAttributes: TRANSACTIONAL,
      });
      await clientIn(null).send(command, { abortSignal });
      return { kind: 'accepted' };
    });

  return async (
    {
      target,
      rendered,
      transition,
    }: {
      readonly target: Target;
      readonly rendered: RenderedAs<'recipients'>;
      readonly transition: Transition;
    },
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const done = reached.get(transition) ?? new Set();
    reached.set(transition, done);
    const left = rendered.recipients.filter(recipient => !done.has(recipient));
    const message = rendered.text.slice(0, MAX_SMS_LENGTH).toWellFormed();

    const outcomes = await Promise.all(
      left.filter(isPhoneNumber).map(async phone => {
        const outcome = await text(phone, message, signal);
        if (outcome.kind === 'accepted') done.add(phone);
        return outcome;
      }),
    );
    const addresses = left.filter(recipient => !isPhoneNumber(recipient));
    if (addresses.length === 0) return worst(outcomes);
    const unsent = `no e-mail to ${addresses.join(', ')}: SNS sends e-mail only through a topic. Subscribe the address to one and use post_service: aws-sns`;
    if (addresses.length === rendered.recipients.length) return { kind: 'refused', error: unsent };
    for (const address of addresses) done.add(address);
    deps.print(`target "${target.name}" sent ${unsent}`);
    return worst(outcomes);
  };
};
