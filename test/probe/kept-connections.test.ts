import { expect, test } from '@jest/globals';
import type { HttpConnection } from '../../lib/probe/http/exchange.ts';
import { createKeptConnections, type Place } from '../../lib/probe/http/kept-connections.ts';
import { manualClock } from '../support/manual-clock.ts';

type Connection = HttpConnection & { readonly closed: () => boolean };

const keptOf = (most: number) => {
  const clock = manualClock();
  const kept = createKeptConnections(clock, most);
  const newConnection = (): Connection => {
    let closed = false;
    return {
      certExpiresAtMs: null,
      usable: true,
      exchange: () => {},
      abort: () => {},
      close: () => {
        closed = true;
      },
      closed: () => closed,
    };
  };
  const place = () => {
    const at: Place = { kept: null, keptSinceMs: 0, idleSinceMs: 0, inUse: false, at: 0 };
    return {
      keep: (connection: Connection) => kept.keep(at, connection, clock.monotonicMs()),
      take: () => kept.take(at, clock.monotonicMs()),
      drop: (connection: Connection) => kept.drop(at, connection),
    };
  };
  return { clock, kept, newConnection, place };
};

test('a connection stays from check to check, until it is dropped', () => {
  const { newConnection, place } = keptOf(10);
  const [mine, connection] = [place(), newConnection()];
  expect(mine.take()).toBeNull();
  for (let check = 0; check < 3; check++) {
    mine.keep(connection);
    expect(mine.take()).toBe(connection);
  }
  mine.drop(connection);
  expect(connection.closed()).toBe(true);
  expect(mine.take()).toBeNull();
});

test('of more than it may keep, the one that waited longest goes, and none that a check is on', async () => {
  const { clock, newConnection, place } = keptOf(3);
  const places = [place(), place(), place()];
  const connections = places.map(newConnection);
  for (const [at, connection] of connections.entries()) {
    places[at]?.keep(connection);
    await clock.advance(10);
  }
  expect(places[0]?.take()).toBe(connections[0]);
  const [one, another] = [newConnection(), newConnection()];
  place().keep(one);
  expect(connections.map(({ closed }) => closed())).toEqual([false, true, false]);
  place().keep(another);
  expect(connections.map(({ closed }) => closed())).toEqual([false, true, true]);
  places[0]?.keep(connections[0] as Connection);
  expect(places[0]?.take()).toBe(connections[0]);
  expect(places[1]?.take()).toBeNull();
});

test('where a check is on each that is kept, a further one is not kept', () => {
  const { newConnection, place } = keptOf(1);
  const [mine, other] = [place(), place()];
  const [busy, further] = [newConnection(), newConnection()];
  mine.keep(busy);
  mine.take();
  other.keep(further);
  expect(further.closed()).toBe(true);
  expect(busy.closed()).toBe(false);
});

test('one that waits for too long is closed, by itself or by whoever asks for it', async () => {
  const { clock, newConnection, place } = keptOf(10);
  const [mine, other, busy] = [place(), place(), place()];
  const [first, second, third] = [newConnection(), newConnection(), newConnection()];
  mine.keep(first);
  await clock.advance(29_000);
  other.keep(second);
  busy.keep(third);
  busy.take();
  await clock.advance(1500);
  expect(mine.take()).toBeNull();
  expect(first.closed()).toBe(true);
  await clock.advance(60_000);
  expect(second.closed()).toBe(true);
  expect(third.closed()).toBe(false);
});

test('one that is too old, or cannot be used any more, is closed instead of taken', async () => {
  const { clock, newConnection, place } = keptOf(10);
  const [mine, other] = [place(), place()];
  const old = newConnection();
  const startMs = clock.monotonicMs();
  const broken = { ...newConnection(), usable: false };
  other.keep(broken);
  expect(other.take()).toBeNull();
  for (let second = 0; second < 700 && !old.closed(); second += 10) {
    mine.keep(old);
    await clock.advance(10_000);
    mine.take();
  }
  expect(old.closed()).toBe(true);
  expect(clock.monotonicMs() - startMs).toBe(600_000);
});

test('after the end nothing waits, and what comes back is closed', () => {
  const { kept, newConnection, place } = keptOf(10);
  const [mine, other] = [place(), place()];
  const [waits, busy] = [newConnection(), newConnection()];
  mine.keep(waits);
  other.keep(busy);
  other.take();
  kept.close();
  expect([waits.closed(), busy.closed()]).toEqual([true, false]);
  other.keep(busy);
  expect(busy.closed()).toBe(true);
});
