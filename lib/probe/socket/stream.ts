import type { Socket } from 'node:net';
import type { Clock } from '../../domain/clock.ts';
import { type Answer, type Failure, failed, type Measures, noJson } from '../answer/answer.ts';
import { failureOf } from '../answer/failure-texts.ts';
import { duration, excerpt } from '../answer/text.ts';
import { type Listening, listen, type StreamEndpoint, wantedFrom } from './banner.ts';
import { daysLeft } from './certificate.ts';
import type { Security } from './secure-socket.ts';
import { type OnOpen, type Opening, openingTimeout, type Sockets } from './socket.ts';

export type StreamDeps = { readonly clock: Clock; readonly sockets: Sockets };

/** Connects, says and hears what a `tcp` or `tls` check wants. `release` ends the connection of a check
 *  that was answered. */
export const askStream = (
  { clock, sockets }: StreamDeps,
  endpoint: StreamEndpoint,
  security: Security | null,
  signal: AbortSignal,
  release: (socket: Socket) => void,
): Promise<Answer> =>
  new Promise(resolve => {
    const { host, port, send } = endpoint.check;
    const startedAtMs = clock.monotonicMs();
    const wanted = wantedFrom(endpoint);
    let listening: Listening | null = null;
    let pending = true;

    const measures = (): Measures => ({
      latencyMs: clock.monotonicMs() - startedAtMs,
      phases: { dnsMs: opening.dnsMs, connectMs: opening.connectMs, tlsMs: opening.tlsMs, ttfbMs: null },
      statusCode: null,
      exitCode: null,
      certDaysLeft: daysLeft(opening.certExpiresAtMs, clock),
      retries: 0,
    });
    const settle = (answer: Answer): void => {
      pending = false;
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    const fail = (failure: Failure): void => {
      if (!pending) return;
      settle(failed(measures(), failure));
      opening.socket?.destroy();
    };
    const succeed = (socket: Socket): void => {
      if (!pending) return;
      settle(answered(measures(), listening?.heard() ?? ''));
      release(socket);
    };
    const onAbort = (): void => {
      const afterMs = clock.monotonicMs() - startedAtMs;
      if (listening === null) return fail(openingTimeout(opening, afterMs));
      const heard = `nothing that is wanted came within ${duration(afterMs)}: "${excerpt(listening.heard())}"`;
      fail({ reason: 'timeout', error: heard });
    };
    const converse: OnOpen = (failure, socket) => {
      if (!pending) return;
      if (failure !== null) return fail(failure);
      socket.on('error', error => fail(failureOf(error, opening.peer, 'open')));
      if (wanted.kind === 'impossible') return fail(wanted.failure);
      if (wanted.kind !== 'nothing')
        listening = listen(socket, wanted, mismatch =>
          mismatch === null ? succeed(socket) : fail(mismatch),
        );
      if (send !== null) socket.write(send, () => wanted.kind === 'nothing' && succeed(socket));
      else if (wanted.kind === 'nothing') succeed(socket);
    };

    const opening: Opening = sockets.open({ host, port }, security, converse);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });

const answered = (measures: Measures, banner: string): Answer => {
  const { latencyMs, phases, certDaysLeft } = measures;
  return {
    kind: 'answered',
    measures,
    shortfall: null,
    json: () => noJson,
    variables: () => ({
      latency_ms: latencyMs,
      dns_ms: phases.dnsMs ?? 0,
      connect_ms: phases.connectMs ?? 0,
      tls_ms: phases.tlsMs ?? 0,
      cert_days_left: certDaysLeft ?? undefined,
      banner,
    }),
  };
};
