import dns from 'node:dns';
import net, { type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../domain/clock.ts';
import type { Failure } from '../answer/answer.ts';
import { failureOf, type Peer, peerText, reasonOf, type Stage } from '../answer/failure-texts.ts';
import { duration } from '../answer/text.ts';
import { createLookup } from './lookup.ts';
import { judge, type Security, secureSocket } from './secure-socket.ts';

/** A connection on its way, and what has happened so far: a timeout must tell how far it got. */
export type Opening = {
  readonly peer: Peer;
  /** null once it is closed: then it may be another connection's. */
  readonly socket: Socket | null;
  readonly stage: Stage;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly certExpiresAtMs: number | null;
};

/** Whom to tell of an open connection, instead of the socket's stream. Its functions are called on it. */
export type Reading = {
  /** `onBytes` finds so many in it; others use it as soon as that returns. */
  readonly buffer: Buffer;
  readonly onBytes: (bytes: number) => void;
  /** The other side has closed (null), or the connection broke; may come again. */
  readonly onGone: (error: Error | null) => void;
};

/** Called once, with null when the connection is open. */
export type OnOpen = (failure: Failure | null, socket: Socket) => void;

export type Sockets = {
  readonly open: (peer: Peer, security: Security | null, done: OnOpen, reading?: Reading) => Opening;
  /** Destroys every socket that was opened. */
  readonly close: () => void;
};

/** One connection of a socket, from its opening to its close. */
type Life = { -readonly [key in keyof Opening]: Opening[key] } & {
  readonly isSecure: boolean;
  /** null: told already. */
  done: OnOpen | null;
  readonly reading: Reading | null;
  /** When its stage began. */
  sinceMs: number;
};

/** One net.Socket for several connections in turn. A closed socket stays among V8's old objects with all that it refers
 *  to, 2.5 KB a check until a full collection: so it refers to no connection that is closed, and one of an http check
 *  without TLS that did not break is opened again. */
type Wire = {
  readonly socket: Socket;
  readonly buffer: Buffer | null;
  /** null: it is closed. */
  life: Life | null;
  /** Where it is among those that are open. */
  at: number;
};

/** So many closed sockets wait for another connection: 2 KB each. */
const MOST_CLOSED = 256;

const settle = (life: Life, socket: Socket, failure: Failure | null): void => {
  const { done } = life;
  if (done === null) return;
  life.done = null;
  if (failure === null) life.stage = 'open';
  else socket.destroy();
  done(failure, socket);
};

const tellGone = ({ stage, reading }: Life, error: Error | null): void => {
  if (stage === 'open') reading?.onGone(error);
};

const onBytes = (bytes: number, wire: Wire): boolean => {
  wire.life?.reading?.onBytes(bytes);
  return true;
};

export const createSockets = (clock: Clock): Sockets => {
  const lookup = createLookup(dns.lookup);
  /** An array: a set that something is added to and taken from again and again is copied again and again. */
  const opened: Wire[] = [];
  const closed: Wire[] = [];

  const forget = (wire: Wire): void => {
    const last = opened.pop() as Wire;
    if (last === wire) return;
    opened[wire.at] = last;
    last.at = wire.at;
  };

  const lap = (life: Life): number => {
    const fromMs = life.sinceMs;
    life.sinceMs = clock.monotonicMs();
    return life.sinceMs - fromMs;
  };

  const onClose = (wire: Wire, hadError: boolean): void => {
    const { life, socket } = wire;
    if (life === null) return;
    const { peer, stage, isSecure } = life;
    forget(wire);
    wire.life = null;
    life.socket = null;
    settle(life, socket, {
      reason: reasonOf[stage],
      error: `${peerText(peer)} closed the connection at once`,
    });
    tellGone(life, null);
    // Of one that never opened, an answer of the resolver may still come.
    const canOpenAgain = !isSecure && wire.buffer !== null && stage === 'open' && !hadError;
    if (canOpenAgain && closed.length < MOST_CLOSED) closed.push(wire);
  };

  /** They stay for the socket's whole life: an error that nobody listens for would end the process. */
  const listen = (wire: Wire, security: Security | null): void => {
    const { socket } = wire;
    socket.on('close', hadError => onClose(wire, hadError));
    socket.on('error', error => {
      const { life } = wire;
      if (life === null) return;
      settle(life, socket, failureOf(error, life.peer, life.stage));
      tellGone(life, error);
    });
    if (wire.buffer !== null) socket.on('end', () => wire.life && tellGone(wire.life, null));
    socket.on('lookup', error => {
      const { life } = wire;
      if (error !== null || life?.stage !== 'lookup') return;
      life.dnsMs = lap(life);
      life.stage = 'connect';
    });
    socket.on('connect', () => {
      const { life } = wire;
      if (life === null) return;
      life.connectMs = lap(life);
      if (security === null) settle(life, socket, null);
      else life.stage = 'handshake';
    });
    if (security !== null)
      socket.once('secureConnect', () => {
        const { life } = wire;
        if (life === null) return;
        life.tlsMs = lap(life);
        const { failure, certExpiresAtMs } = judge(socket as TLSSocket, security, life.peer);
        life.certExpiresAtMs = certExpiresAtMs;
        settle(life, socket, failure);
      });
  };

  const connect = (peer: Peer, security: Security | null, buffer: Buffer | null): Wire => {
    const options = { ...peer, lookup, autoSelectFamily: true, noDelay: true };
    const isPlain = security === null && buffer !== null;
    if (isPlain && closed.at(-1)?.buffer === buffer) {
      const wire = closed.pop() as Wire;
      wire.socket.connect(options);
      return wire;
    }
    const onread = buffer && { buffer, callback: (bytes: number) => onBytes(bytes, wire) };
    const all = { ...options, ...(onread && { onread }) };
    const socket = security === null ? net.connect(all) : secureSocket(all, peer, security);
    const wire: Wire = { socket, buffer, life: null, at: 0 };
    listen(wire, security);
    return wire;
  };

  return {
    open: (peer, security, done, reading) => {
      const wire = connect(peer, security, reading?.buffer ?? null);
      const { socket } = wire;
      wire.life = {
        peer,
        socket,
        stage: net.isIP(peer.host) === 0 ? 'lookup' : 'connect',
        dnsMs: null,
        connectMs: null,
        tlsMs: null,
        certExpiresAtMs: null,
        isSecure: security !== null,
        done,
        reading: reading ?? null,
        sinceMs: clock.monotonicMs(),
      };
      wire.at = opened.length;
      opened.push(wire);
      return wire.life;
    },
    close: () => {
      for (const { socket } of [...opened]) socket.destroy(new Error('the monitor is stopping'));
    },
  };
};

/** How far a connection got that did not open in time. */
export const openingTimeout = ({ stage, peer }: Opening, afterMs: number): Failure => {
  const within = `within ${duration(afterMs)}`;
  switch (stage) {
    case 'lookup':
      return { reason: 'timeout', error: `name lookup of "${peer.host}" gave no answer ${within}` };
    case 'connect':
      return { reason: 'timeout', error: `no TCP connection to ${peerText(peer)} ${within}` };
    case 'handshake':
      return { reason: 'timeout', error: `no TLS handshake with ${peerText(peer)} ${within}` };
    case 'open':
      return { reason: 'timeout', error: `no answer from ${peerText(peer)} ${within}` };
    default:
      return stage satisfies never;
  }
};
