import type { TLSSocket } from 'node:tls';
import type { TlsCheck } from '../domain/endpoint.ts';
import { type Ask, failed, measured } from './answer.ts';
import type { SecureContexts } from './secure-context.ts';
import type { Opening, Session } from './socket.ts';
import { askStream, type StreamDeps } from './stream.ts';

type Kept = { readonly session: Session; readonly atMs: number };

/** A resumed session does not see that the certificate was renewed. */
const MAX_SESSION_AGE_MS = 600_000;
/** TLS 1.3 sends the session after the handshake; the answered check does not wait for it. */
const SESSION_WAIT_MS = 1000;

const noAlpn: readonly string[] = [];

export type TlsDeps = StreamDeps & { readonly secureContext: SecureContexts };

export const askTls = (deps: TlsDeps): Ask<TlsCheck> => {
  const { clock, secureContext } = deps;
  const keptOf = new WeakMap<TlsCheck, Kept>();

  const sessionOf = (check: TlsCheck): Session | null => {
    const kept = keptOf.get(check);
    return kept !== undefined && clock.monotonicMs() - kept.atMs < MAX_SESSION_AGE_MS ? kept.session : null;
  };

  const keep = (check: TlsCheck, { socket, certExpiresAtMs }: Opening): void => {
    const take = (ticket: Buffer): void => {
      keptOf.set(check, { session: { ticket, certExpiresAtMs }, atMs: clock.monotonicMs() });
      socket.destroySoon();
    };
    const secured = socket as TLSSocket;
    const ticket = secured.getProtocol() === 'TLSv1.3' ? undefined : secured.getSession();
    if (ticket !== undefined) return take(ticket);
    const cancel = clock.after(SESSION_WAIT_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.once('session', take);
  };

  return async (endpoint, signal) => {
    const { check } = endpoint;
    const startedAtMs = clock.monotonicMs();
    const loaded = await secureContext(check.tls.caFile);
    if (loaded.kind === 'unusable')
      return failed(measured(clock.monotonicMs() - startedAtMs), loaded.failure);
    const { verify, servername } = check.tls;
    const session = check.freshConnection ? null : sessionOf(check);
    const security = { context: loaded.context, verify, servername, session, alpn: noAlpn };
    return askStream(deps, endpoint, security, signal, opening => {
      if (check.freshConnection || session !== null) opening.socket.destroySoon();
      else keep(check, opening);
    });
  };
};
