import net from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import type { Failure } from '../answer/answer.ts';
import type { Peer } from '../answer/failure-texts.ts';
import { certificateFailure, expiryOf } from './certificate.ts';

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

export const secureSocket = (
  options: net.TcpNetConnectOpts & Pick<net.SocketConstructorOpts, 'onread'>,
  { host }: Peer,
  security: Security,
): TLSSocket =>
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
  certExpiresAtMs: number | null,
  keep: (session: Session) => void,
): void => {
  const session = socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession();
  if (session !== undefined) keep({ ticket: session, certExpiresAtMs });
  else socket.once('session', ticket => keep({ ticket, certExpiresAtMs }));
};

/** Result of a handshake that is over: whether its certificate will do, and until when. */
type Judged = { readonly failure: Failure | null; readonly certExpiresAtMs: number | null };

export const judge = (socket: TLSSocket, security: Security, { host }: Peer): Judged => {
  const { session, verify, servername, keepSession } = security;
  if (session !== null && socket.isSessionReused())
    return { failure: null, certExpiresAtMs: session.certExpiresAtMs };
  // Only its first call gives one.
  const certificate = socket.getPeerX509Certificate();
  const certExpiresAtMs = expiryOf(certificate);
  if (verify && !socket.authorized) {
    // The types say Error; it is the error's code.
    const code = String(socket.authorizationError);
    return { failure: certificateFailure(certificate, code, servername ?? host), certExpiresAtMs };
  }
  // Only of a certificate that was accepted: a resumed session is not judged again.
  if (keepSession !== null) keepSessions(socket, certExpiresAtMs, keepSession);
  return { failure: null, certExpiresAtMs };
};
