import { TRANSITION_DETAIL_TYPE } from '../domain/channel.ts';
import type { Json } from '../domain/json.ts';
import type { RenderedAs } from '../domain/rendered.ts';

/** A transition's ways out of the monitor's own bus: what each channel is to send, by channel id. */
export type Deliveries = {
  readonly kind: 'deliveries';
  readonly transitionId: string;
  /** As everything outside sees it. */
  readonly transition: Json;
  readonly deliveries: { readonly [channelId: string]: Json };
  readonly atMs: number;
};

export type Publication = Deliveries | RenderedAs<'eventbridge'>;

export type BusEvent = {
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: string;
  readonly resources: readonly string[];
  readonly atMs: number;
};

export type OwnBus = { readonly bus: string; readonly source: string };

export const eventOf = (own: OwnBus, publication: Publication): BusEvent => {
  if (publication.kind === 'eventbridge') {
    const { eventBus, detail } = publication;
    return { ...publication, bus: eventBus ?? own.bus, detail: JSON.stringify(detail) };
  }
  const { transition, deliveries, atMs } = publication;
  const detail = JSON.stringify({ transition, deliveries });
  return { ...own, detailType: TRANSITION_DETAIL_TYPE, detail, resources: [], atMs };
};

/** EventBridge takes 256 KB; the fields that it adds itself count too. */
export const MAX_EVENT_BYTES = 250_000;

/** As EventBridge counts: the instant is 14 bytes. */
export const bytesOf = ({ source, detailType, detail, resources }: BusEvent): number =>
  [source, detailType, detail, ...resources].reduce((sum, text) => sum + Buffer.byteLength(text), 14);

/** An event costs the same however many channels it feeds. */
export const mayShareEvent = (one: Publication, other: Publication): boolean =>
  one.kind === 'deliveries' &&
  other.kind === 'deliveries' &&
  one.transitionId === other.transitionId &&
  !Object.keys(other.deliveries).some(channel => Object.hasOwn(one.deliveries, channel));

/** Joins publications that may share an event, one at least, into one. */
export const merged = (publications: readonly Publication[]): Publication => {
  const [first, ...others] = publications as [Publication, ...Publication[]];
  if (first.kind === 'eventbridge' || others.length === 0) return first;
  const deliveries = publications.map(one => (one.kind === 'deliveries' ? one.deliveries : {}));
  return { ...first, deliveries: Object.assign({}, ...deliveries) as Deliveries['deliveries'] };
};
