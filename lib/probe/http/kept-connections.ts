import type { Clock } from '../../domain/clock.ts';
import type { HttpConnection } from './exchange.ts';

/** Where an endpoint's connection stays from check to check. Whole milliseconds: V8 keeps a fraction in an object of its
 *  own, which is one more to fetch. */
export type Place = {
  kept: HttpConnection | null;
  keptSinceMs: number;
  idleSinceMs: number;
  /** A check is on it. */
  inUse: boolean;
  /** Among all places that have a connection. */
  at: number;
};

export type KeptConnections = {
  /** null: there is none that can be used. */
  readonly take: (place: Place, nowMs: number) => HttpConnection | null;
  /** Takes a connection that was used, a new one too, for the endpoint's next check. */
  readonly keep: (place: Place, connection: HttpConnection, nowMs: number) => void;
  /** A connection that was used is not for a next check: closes it. */
  readonly drop: (place: Place, connection: HttpConnection) => void;
  /** Closes all that wait, and keeps none from then on. */
  readonly close: () => void;
};

/** Shorter than firewalls forget a silent connection; a check on a forgotten one fails by timeout. */
export const MAX_IDLE_MS = 30_000;
/** A kept connection sees neither a changed address nor a renewed certificate. */
const MAX_AGE_MS = 600_000;
/** Over the limit, the longest idle of this many, looked at in rotation, is closed. Exact order would touch the slots of
 *  two others at each check, which at 10,000 endpoints are in no cache. */
const LOOKED_AT = 16;

/** At most `most` connections: those that wait are closed after a while, or for others. */
export const createKeptConnections = (clock: Clock, most: number): KeptConnections => {
  const places: Place[] = [];
  /** The place that was looked at last. */
  let hand = -1;
  let closed = false;
  let cancelSweep: (() => void) | null = null;

  const forget = (place: Place): void => {
    const last = places.pop() as Place;
    if (last !== place) {
      places[place.at] = last;
      last.at = place.at;
    }
    place.kept = null;
  };

  const drop = (place: Place, connection: HttpConnection): void => {
    if (place.kept === connection) forget(place);
    connection.close();
  };

  const isLongIdle = ({ inUse, idleSinceMs }: Place, nowMs: number): boolean =>
    !inUse && nowMs - idleSinceMs >= MAX_IDLE_MS;

  const sweep = (): void => {
    const nowMs = clock.monotonicMs();
    for (const place of [...places])
      if (place.kept !== null && isLongIdle(place, nowMs)) drop(place, place.kept);
    cancelSweep = places.length > 0 ? clock.after(MAX_IDLE_MS, sweep) : null;
  };

  /** The newest, where none of the others waits. */
  const closeOne = (): void => {
    const newest = places.at(-1) as Place;
    let longest: Place | null = null;
    for (let looked = 0; looked < Math.min(LOOKED_AT, places.length); looked++) {
      hand = (hand + 1) % places.length;
      const place = places[hand] as Place;
      if (place === newest || place.inUse) continue;
      if (longest === null || place.idleSinceMs < longest.idleSinceMs) longest = place;
    }
    const last = longest ?? newest;
    drop(last, last.kept as HttpConnection);
  };

  return {
    take: (place, nowMs) => {
      const { kept } = place;
      if (kept === null) return null;
      if (!isLongIdle(place, nowMs) && nowMs - place.keptSinceMs < MAX_AGE_MS && kept.usable) {
        place.inUse = true;
        return kept;
      }
      drop(place, kept);
      return null;
    },
    keep: (place, connection, nowMs) => {
      if (closed) return drop(place, connection);
      place.idleSinceMs = Math.floor(nowMs);
      place.inUse = false;
      if (place.kept === connection) return;
      if (place.kept !== null) drop(place, place.kept);
      place.kept = connection;
      place.keptSinceMs = place.idleSinceMs;
      place.at = places.length;
      places.push(place);
      if (places.length > most) closeOne();
      cancelSweep ??= clock.after(MAX_IDLE_MS, sweep);
    },
    drop,
    close: () => {
      closed = true;
      cancelSweep?.();
      for (const place of [...places]) if (place.kept !== null && !place.inUse) drop(place, place.kept);
    },
  };
};
