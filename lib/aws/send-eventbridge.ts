import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { RenderedAs } from '../domain/rendered.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt, outcomeOfError } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion, regionOfArn } from './send-client.ts';

const SERVICE = 'EventBridge';

/** An event without a bus goes to the account's default one: the monitor's own exists only where it is deployed. */
export const eventBridgeSender = (deps: AwsSendDeps) => {
  const clientIn = clientPerRegion(deps, config => new EventBridgeClient(config));
  return (
    { rendered }: { readonly rendered: RenderedAs<'eventbridge'> },
    signal: AbortSignal,
  ): Promise<Outcome> =>
    attempt(deps.clock, SERVICE, signal, async abortSignal => {
      const { eventBus, source, detailType, detail, resources, atMs } = rendered;
      const entry = {
        ...(eventBus !== null && { EventBusName: eventBus }),
        Source: source,
        DetailType: detailType,
        Detail: JSON.stringify(detail),
        Resources: [...resources],
        Time: new Date(atMs),
      };
      const { FailedEntryCount = 0, Entries = [] } = await clientIn(regionOfArn(eventBus ?? '')).send(
        new PutEventsCommand({ Entries: [entry] }),
        { abortSignal },
      );
      if (FailedEntryCount === 0) return { kind: 'accepted' };
      const { ErrorCode = 'error', ErrorMessage = 'the entry was not taken' } = Entries[0] ?? {};
      return outcomeOfError(SERVICE, ErrorCode, ErrorMessage);
    });
};
