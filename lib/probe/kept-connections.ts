import type { Clock } from '../domain/clock.ts';
import type { HttpConnection } from './http-exchange.ts';

/** Where an endpoint's connection waits between two checks: a link of the list itself, so that keeping and taking
 *  allocate nothing. */
export type Place = {
  connection: HttpConnection | null;
  idleSinceMs: number;
  next: Place | null;
  previous: Place | null;
};

export const newPlace = (): Place => ({ connection: null, idleSinceMs: 0, next: null, previous: null });

export type KeptConnections = {
  /** null: there is none that can be used. */
  readonly take: (place: Place, nowMs: number) => HttpConnection | null;
  readonly keep: (place: Place, connection: HttpConnection, nowMs: number) => void;
  /** Closes them all, and keeps none from then on. */
  readonly close: () => void;
};

/** Shorter than firewalls forget a silent connection; a check on a forgotten one fails by timeout. */
export const MAX_IDLE_MS = 30_000;
/** A kept connection sees neither a changed address nor a renewed certificate. */
const MAX_AGE_MS = 600_000;

/** At most `most` connections, those that waited longest are closed first: after a while, or for others. */
export const createKeptConnections = (clock: Clock, most: number): KeptConnections => {
  const head = newPlace();
  head.next = head;
  head.previous = head;
  let count = 0;
  let closed = false;
  let cancelSweep: (() => void) | null = null;

  const remove = (place: Place): HttpConnection | null => {
    const { connection, next, previous } = place;
    if (connection === null || next === null || previous === null) return null;
    next.previous = previous;
    previous.next = next;
    place.next = null;
    place.previous = null;
    place.connection = null;
    count--;
    return connection;
  };

  const isLongIdle = (place: Place, nowMs: number): boolean => nowMs - place.idleSinceMs >= MAX_IDLE_MS;

  const sweep = (): void => {
    const nowMs = clock.monotonicMs();
    for (let first = head.next; first && first !== head && isLongIdle(first, nowMs); first = head.next)
      remove(first)?.close();
    cancelSweep = count > 0 ? clock.after(MAX_IDLE_MS, sweep) : null;
  };

  return {
    take: (place, nowMs) => {
      const idle = isLongIdle(place, nowMs);
      const connection = remove(place);
      if (connection === null) return null;
      if (!idle && nowMs - connection.createdAtMs < MAX_AGE_MS && connection.isUsable()) return connection;
      connection.close();
      return null;
    },
    keep: (place, connection, nowMs) => {
      remove(place)?.close();
      if (closed) return connection.close();
      const last = head.previous as Place;
      place.connection = connection;
      place.idleSinceMs = nowMs;
      place.previous = last;
      place.next = head;
      last.next = place;
      head.previous = place;
      count++;
      if (count > most) remove(head.next as Place)?.close();
      cancelSweep ??= clock.after(MAX_IDLE_MS, sweep);
    },
    close: () => {
      closed = true;
      cancelSweep?.();
      while (head.next !== null && head.next !== head) remove(head.next)?.close();
    },
  };
};
