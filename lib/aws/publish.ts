import { EventBridgeClient, PutEventsCommand, type PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { Outcome } from '../engine/ports/send.ts';
import { createEventBatcher, type EventBatcher } from './event-batcher.ts';
import {
  type BusEvent,
  bytesOf,
  eventOf,
  MAX_EVENT_BYTES,
  type OwnBus,
  type Publication,
} from './publish-event.ts';
import { attempt, outcomeOfError } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion, regionOfArn } from './send-client.ts';

const SERVICE = 'EventBridge';
const ACCEPTED: Outcome = { kind: 'accepted' };

/** An event that the answer leaves out was not taken. */
const outcomeOfEntry = (entry: PutEventsResultEntry | undefined): Outcome => {
  const { EventId, ErrorCode, ErrorMessage = 'the event was not taken' } = entry ?? {};
  return EventId === undefined || ErrorCode !== undefined
    ? outcomeOfError(SERVICE, ErrorCode ?? 'Error', ErrorMessage)
    : ACCEPTED;
};

const entryOf = ({ bus, source, detailType, detail, resources, atMs }: BusEvent) => ({
  EventBusName: bus,
  Source: source,
  DetailType: detailType,
  Detail: detail,
  Resources: [...resources],
  Time: new Date(atMs),
});

/** Puts one thing on a bus. Never rejects, is bounded in time, and ends at once when `signal` aborts. */
export type Publish = (publication: Publication, signal: AbortSignal) => Promise<Outcome>;

/** Gathers what is asked within a few ms into few calls and few events; each asker gets its own outcome.
 *  A bus has calls of its own: what is denied or malformed for one is not for another. */
export const createPublisher = (deps: AwsSendDeps & { readonly own: OwnBus }): Publish => {
  const { clock, own } = deps;
  const clientIn = clientPerRegion(deps, config => new EventBridgeClient(config));
  const batchers = new Map<string, EventBatcher>();

  const put = async (
    client: EventBridgeClient,
    events: readonly BusEvent[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> => {
    let outcomes: readonly Outcome[] = [];
    const whole = await attempt(clock, SERVICE, signal, async abortSignal => {
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: events.map(entryOf) }), {
        abortSignal,
      });
      outcomes = events.map((_, n) => outcomeOfEntry(Entries[n]));
      return ACCEPTED;
    });
    if (whole.kind === 'accepted') return outcomes;
    if (whole.kind === 'failed' || events.length === 1) return events.map(() => whole);
    // One of them is at fault, and the answer does not say which.
    return (await Promise.all(events.map(event => put(client, [event], signal)))).flat();
  };

  const batcherTo = (bus: string): EventBatcher => {
    const known = batchers.get(bus);
    if (known) return known;
    const client = clientIn(regionOfArn(bus));
    const batcher = createEventBatcher({
      clock,
      put: (publications, signal) =>
        put(
          client,
          publications.map(publication => eventOf(own, publication)),
          signal,
        ),
    });
    batchers.set(bus, batcher);
    return batcher;
  };

  return async (publication, signal) => {
    const event = eventOf(own, publication);
    const bytes = bytesOf(event);
    if (bytes <= MAX_EVENT_BYTES) return batcherTo(event.bus).publish(publication, bytes, signal);
    const error = `${SERVICE}: the event has ${bytes} bytes, ${MAX_EVENT_BYTES} are allowed. Take fewer values into it`;
    return { kind: 'refused', error };
  };
};
