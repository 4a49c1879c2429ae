import { readFileSync } from 'node:fs';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';

const certificates = new URL('./certificates/', import.meta.url);

export const certificatePath = (name: string): string => new URL(`${name}.pem`, certificates).pathname;

const pem = (name: string): Buffer => readFileSync(certificatePath(name));

/** What a connection is answered with, byte by byte. */
export type Behaviour = (socket: Socket) => void;

export type HostileServer = AsyncDisposable & {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: () => number;
  /** Resolves when no connection is open. */
  readonly allClosed: () => Promise<void>;
};

/** A raw server that may do anything wrong. With `certificate` it speaks TLS first. */
export const hostileServer = async (
  behaviour: Behaviour,
  certificate: string | null = null,
  maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
): Promise<HostileServer> => {
  const open = new Set<Socket>();
  let accepted = 0;
  let onClosed: () => void = () => {};
  const accept = (socket: Socket): void => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      if (open.size === 0) onClosed();
    });
    socket.on('error', () => {});
    behaviour(socket);
    // Only who reads sees the other side close.
    socket.resume();
  };
  const server =
    certificate === null
      ? net.createServer(accept)
      : tls.createServer({ key: pem('test-only.key'), cert: pem(certificate), maxVersion }, accept);
  server.on('tlsClientError', () => {});
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    allClosed: () =>
      new Promise(resolve => {
        if (open.size === 0) resolve();
        else onClosed = resolve;
      }),
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
};

/** Calls `answer` for each whole request (without a body) that arrives. */
export const onRequest =
  (answer: (socket: Socket, count: number, head: string) => void): Behaviour =>
  socket => {
    let received = '';
    let count = 0;
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end);
        received = received.slice(end + 4);
        count += 1;
        answer(socket, count, head);
      }
    });
  };

/** Sends the same bytes to each request. */
export const answering = (...parts: readonly (string | Buffer)[]): Behaviour =>
  onRequest(socket => {
    for (const part of parts) socket.write(part);
  });

/** Sends the bytes and closes. */
export const answeringOnce = (...parts: readonly (string | Buffer)[]): Behaviour =>
  onRequest(socket => {
    for (const part of parts) socket.write(part);
    socket.end();
  });
