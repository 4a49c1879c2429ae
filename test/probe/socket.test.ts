import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import type { Peer } from '../../lib/probe/answer/failure-texts.ts';
import { connectHttp } from '../../lib/probe/http/connection.ts';
import type { HttpConnection, Outcome } from '../../lib/probe/http/exchange.ts';
import { requestOf } from '../../lib/probe/http/request.ts';
import { createSockets, type Reading, type Sockets } from '../../lib/probe/socket/socket.ts';
import { type Behaviour, type HostileServer, hostileServer } from '../support/hostile-server.ts';

const buffer = Buffer.alloc(1024);
const echo: Behaviour = socket => socket.on('data', bytes => socket.write(bytes));
const at = ({ port }: HostileServer): Peer => ({ host: '127.0.0.1', port });

const closeOf = (socket: Socket): Promise<unknown> => new Promise(resolve => socket.once('close', resolve));

type Connection = {
  readonly socket: Socket;
  readonly opening: ReturnType<Sockets['open']>;
  readonly heard: () => string;
  readonly gone: Promise<Error | null>;
  readonly closed: Promise<unknown>;
};

/** A plain connection whose bytes are read as an http check reads them, once it is open. */
const connect = (sockets: Sockets, peer: Peer): Promise<Connection> => {
  const { promise: gone, resolve: onGone } = Promise.withResolvers<Error | null>();
  let text = '';
  const reading: Reading = {
    buffer,
    onBytes: bytes => {
      text += buffer.toString('latin1', 0, bytes);
    },
    onGone,
  };
  return new Promise((resolve, reject) => {
    const onOpen = (failure: { readonly error: string | null } | null, socket: Socket): void =>
      failure === null
        ? resolve({ socket, opening, heard: () => text, gone, closed: closeOf(socket) })
        : reject(new Error(String(failure.error)));
    const opening = sockets.open(peer, null, onOpen, reading);
  });
};

const say = async ({ socket, heard }: Connection, text: string): Promise<void> => {
  const before = heard().length;
  socket.write(text);
  while (heard().length < before + text.length) await setImmediate();
};

const end = async ({ socket, closed }: Connection): Promise<void> => {
  socket.destroy();
  await closed;
};

test('a socket that was closed is opened again, and whoever had it before does not hear it', async () => {
  await using server = await hostileServer(echo);
  const sockets = createSockets(systemClock);
  const first = await connect(sockets, at(server));
  await say(first, 'one');
  await end(first);
  expect(first.opening.socket).toBeNull();

  const second = await connect(sockets, at(server));
  expect(second.socket).toBe(first.socket);
  await say(second, 'two');
  expect([first.heard(), second.heard()]).toEqual(['one', 'two']);
  expect(second.opening).toMatchObject({ stage: 'open', dnsMs: null, connectMs: expect.any(Number) });
  await end(second);
  expect(server.accepted()).toBe(2);
});

test('an http client that is done with a socket does not close what has become of it', async () => {
  const asking: Socket[] = [];
  await using server = await hostileServer(socket => socket.once('data', () => asking.push(socket)));
  const answer = async (count: number): Promise<void> => {
    while (asking.length < count) await setImmediate();
    asking[count - 1]?.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  };
  const sockets = createSockets(systemClock);
  const peer = at(server);
  const url = new URL(`http://127.0.0.1:${server.port}/`);
  const request = requestOf({ url, peer, method: 'GET', headers: {}, body: null }, false);
  if (request.kind !== 'request') throw new Error(request.failure.error);
  const newClient = () => connectHttp({ clock: systemClock, sockets }, url, peer, null);
  const ask = (client: HttpConnection): Promise<Outcome> =>
    new Promise(onOutcome =>
      client.exchange({ request, maxBodyBytes: 9, wantsFields: false, startedAtMs: 0, onOutcome }, 0),
    );

  const first = newClient();
  const told = ask(first);
  await answer(1);
  expect(await told).toMatchObject({ kind: 'response', statusCode: 200 });
  await server.allClosed();
  while (first.usable) await setImmediate();
  const second = newClient();
  const asked = ask(second);
  first.close();
  await answer(2);
  expect(await asked).toMatchObject({ kind: 'response', statusCode: 200 });
  second.close();
});

test('one that the other side closed is opened again too', async () => {
  await using server = await hostileServer(socket => socket.end('bye'));
  await using next = await hostileServer(echo);
  const sockets = createSockets(systemClock);
  const first = await connect(sockets, at(server));
  expect(await first.gone).toBeNull();
  await first.closed;
  const second = await connect(sockets, at(next));
  expect(second.socket).toBe(first.socket);
  await say(second, 'still here');
  await end(second);
  expect([first.heard(), second.heard()]).toEqual(['bye', 'still here']);
});

test('one that broke is not opened again', async () => {
  await using server = await hostileServer(socket => socket.on('data', () => socket.resetAndDestroy()));
  const sockets = createSockets(systemClock);
  const first = await connect(sockets, at(server));
  first.socket.write('x');
  expect(await first.gone).toMatchObject({ code: 'ECONNRESET' });
  await first.closed;
  const second = await connect(sockets, at(server));
  expect(second.socket).not.toBe(first.socket);
  await end(second);
});

test('one that was given up while its name was looked up is not: the answer may still come', async () => {
  await using server = await hostileServer(echo);
  const sockets = createSockets(systemClock);
  const opening = sockets.open({ host: 'localhost', port: 1 }, null, () => {}, {
    buffer,
    onBytes: () => {},
    onGone: () => {},
  });
  const socket = opening.socket as Socket;
  const closed = closeOf(socket);
  socket.destroy();
  await closed;
  const next = await connect(sockets, at(server));
  expect(next.socket).not.toBe(socket);
  await say(next, 'mine');
  await end(next);
});

test('when the monitor stops, whatever is open is closed', async () => {
  await using server = await hostileServer(echo);
  const sockets = createSockets(systemClock);
  const all = [];
  for (let count = 0; count < 4; count++) all.push(await connect(sockets, at(server)));
  await end(all[0] as Connection);
  await end(all[3] as Connection);
  all.push(await connect(sockets, at(server)));
  sockets.close();
  for (const { gone } of all) await gone;
  await server.allClosed();
});
