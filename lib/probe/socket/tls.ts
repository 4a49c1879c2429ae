import type { Socket } from 'node:net';
import type { TlsCheck } from '../../domain/endpoint.ts';
import { type Ask, askWith, failed, measured } from '../answer/answer.ts';
import type { SecureContexts } from './secure-context.ts';
import { askStream, type StreamDeps } from './stream.ts';
import { createTlsSessions } from './tls-sessions.ts';

/** TLS 1.3 sends the session after the handshake; the answered check does not wait for it. */
const SESSION_WAIT_MS = 1000;

const noAlpn: readonly string[] = [];

export type TlsDeps = StreamDeps & { readonly secureContext: SecureContexts };

export const askTls = (deps: TlsDeps): Ask<TlsCheck> => {
  const { clock, secureContext } = deps;
  const sessions = createTlsSessions<TlsCheck>(clock);

  /** Stays open until the session that the next check resumes has come. */
  const awaitSession = (socket: Socket): void => {
    const cancel = clock.after(SESSION_WAIT_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.once('session', () => socket.destroySoon());
  };

  return askWith(async (endpoint, signal) => {
    const { check } = endpoint;
    const startedAtMs = clock.monotonicMs();
    const loaded = await secureContext(check.tls.caFile);
    if (loaded.kind === 'unusable')
      return failed(measured(clock.monotonicMs() - startedAtMs), loaded.failure);
    const { verify, servername } = check.tls;
    const session = check.freshConnection ? null : sessions.of(check);
    const keepSession = check.freshConnection ? null : sessions.keeper(check);
    const security = { context: loaded.context, verify, servername, session, keepSession, alpn: noAlpn };
    return askStream(deps, endpoint, security, signal, socket => {
      if (check.freshConnection || sessions.of(check) !== null) socket.destroySoon();
      else awaitSession(socket);
    });
  });
};
