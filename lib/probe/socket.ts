import dns from 'node:dns';
import net, { type Socket } from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../domain/clock.ts';
import type { Failure } from './answer.ts';
import { certificateFailure, expiryOf } from './certificate.ts';
import { failureOf, type Peer, peerText, reasonOf, type Stage } from './failure-texts.ts';
import { createLookup } from './lookup.ts';
import { duration } from './text.ts';

/** A handshake to resume. It shows no certificate again, so the first one's expiry goes with it. */
export type Session = { readonly ticket: Buffer; readonly certExpiresAtMs: number | null };

export type Security = {
  readonly context: SecureContext;
  readonly verify: boolean;
  /** null: the host, unless it is an address. */
  readonly servername: string | null;
  readonly session: Session | null;
  /** Takes the session that a whole handshake began, for a next one; it comes some time after the handshake. */
  readonly keepSession: ((session: Session) => void) | null;
  readonly alpn: readonly string[];
};

/** A connection on its way, and what has happened so far: a timeout must tell how far it got. */
export type Opening = {
  readonly peer: Peer;
  readonly socket: Socket;
  readonly stage: Stage;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly certExpiresAtMs: number | null;
};

type Changing = { -readonly [key in keyof Opening]: Opening[key] };

/** Whom to tell of an open connection, instead of the socket's stream. Its functions are called on it. */
export type Reading = {
  /** `onBytes` finds so many in it; others use it as soon as that returns. */
  readonly buffer: Buffer;
  readonly onBytes: (bytes: number) => void;
  /** The other side has closed (null), or the connection broke; may come again. */
  readonly onGone: (error: Error | null) => void;
};

export type Sockets = {
  /** Calls `done` once, with null when the connection is open. */
  readonly open: (
    peer: Peer,
    security: Security | null,
    done: (failure: Failure | null) => void,
    reading?: Reading,
  ) => Opening;
  /** Destroys every socket that was opened. */
  readonly close: () => void;
};

const secureSocket = (options: net.TcpNetConnectOpts, { host }: Peer, security: Security): TLSSocket =>
  tls.connect({
    ...options,
    // Judged below, where the certificate can still be looked at and told about.
    rejectUnauthorized: false,
    secureContext: security.context,
    // A name that is an address must not be sent (RFC 6066).
    servername: security.servername ?? (net.isIP(host) === 0 ? host : ''),
    ALPNProtocols: [...security.alpn],
    ...(security.session === null ? {} : { session: security.session.ticket }),
  });

/** TLS 1.3 sends sessions after the handshake. */
const keepSessions = (
  socket: TLSSocket,
  { certExpiresAtMs }: Opening,
  keep: (session: Session) => void,
): void => {
  const session = socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession();
  if (session !== undefined) keep({ ticket: session, certExpiresAtMs });
  else socket.once('session', ticket => keep({ ticket, certExpiresAtMs }));
};

export const createSockets = (clock: Clock): Sockets => {
  const lookup = createLookup(dns.lookup);
  const opened = new Set<Socket>();

  const open: Sockets['open'] = (peer, security, done, reading) => {
    // V8 puts a function that Node gives to each socket among the old objects. Through it the socket, and all that it
    // refers to, stays until a full collection, 2.5 KB a check: so it refers to nobody once it is closed, which leaves 1.2.
    let opener: typeof done | null = done;
    let reader = reading ?? null;
    const onread = reading && {
      buffer: reading.buffer,
      callback: (bytes: number): boolean => {
        reader?.onBytes(bytes);
        return true;
      },
    };
    const options = { ...peer, lookup, autoSelectFamily: true, noDelay: true, ...(onread && { onread }) };
    const socket = security === null ? net.connect(options) : secureSocket(options, peer, security);
    const opening: Changing = {
      peer,
      socket,
      stage: net.isIP(peer.host) === 0 ? 'lookup' : 'connect',
      dnsMs: null,
      connectMs: null,
      tlsMs: null,
      certExpiresAtMs: null,
    };
    let sinceMs = clock.monotonicMs();
    const lap = (): number => {
      const fromMs = sinceMs;
      sinceMs = clock.monotonicMs();
      return sinceMs - fromMs;
    };
    const settle = (failure: Failure | null): void => {
      if (opener === null) return;
      const tell = opener;
      opener = null;
      if (failure === null) opening.stage = 'open';
      else socket.destroy();
      tell(failure);
    };

    const tellGone = (error: Error | null): void => {
      if (opening.stage === 'open') reader?.onGone(error);
    };

    opened.add(socket);
    socket.on('close', () => {
      opened.delete(socket);
      settle({ reason: reasonOf[opening.stage], error: `${peerText(peer)} closed the connection at once` });
      tellGone(null);
      reader = null;
    });
    // Stays for the socket's whole life: an error that nobody listens for would end the process.
    socket.on('error', error => {
      settle(failureOf(error, peer, opening.stage));
      tellGone(error);
    });
    if (reading !== undefined) socket.on('end', () => tellGone(null));
    if (opening.stage === 'lookup')
      socket.on('lookup', error => {
        if (error !== null || opening.stage !== 'lookup') return;
        opening.dnsMs = lap();
        opening.stage = 'connect';
      });
    socket.on('connect', () => {
      opening.connectMs = lap();
      if (security === null) settle(null);
      else opening.stage = 'handshake';
    });
    if (security !== null)
      socket.once('secureConnect', () => {
        const secured = socket as TLSSocket;
        opening.tlsMs = lap();
        if (security.session !== null && secured.isSessionReused()) {
          opening.certExpiresAtMs = security.session.certExpiresAtMs;
          return settle(null);
        }
        // Only its first call gives one.
        const certificate = secured.getPeerX509Certificate();
        opening.certExpiresAtMs = expiryOf(certificate);
        if (security.verify && !secured.authorized) {
          // The types say Error; it is the error's code.
          const code = String(secured.authorizationError);
          return settle(certificateFailure(certificate, code, security.servername ?? peer.host));
        }
        // Only of a certificate that was accepted: a resumed session is not judged again.
        if (security.keepSession !== null) keepSessions(secured, opening, security.keepSession);
        settle(null);
      });
    return opening;
  };

  return {
    open,
    close: () => {
      for (const socket of opened) socket.destroy(new Error('the monitor is stopping'));
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
