import { connect, type Socket } from 'node:net';
import type { Sample } from '../benchmark.ts';
import { addressOf } from './endpoints.ts';
import { createGauge, type Window } from './gauge.ts';

export type BareHttpParams = Window & {
  readonly count: number;
  readonly port: number;
  /** With `{address}` for host and port. */
  readonly request: string;
  readonly answerBytes: number;
};

/** Sockets that each write the request, read the whole answer (by its known length: nothing is parsed) and write
 *  again. One read buffer for all, as fast as Node reads. */
export const runBareHttp = async (params: BareHttpParams): Promise<Sample> => {
  const { count, port, answerBytes } = params;
  const gauge = createGauge();
  const buffer = Buffer.allocUnsafe(64 * 1024);

  const open = (host: string): Socket => {
    const request = Buffer.from(params.request.replaceAll('{address}', `${host}:${port}`));
    let leftBytes = answerBytes;
    let sentAtMs = 0;
    const send = (): void => {
      leftBytes = answerBytes;
      sentAtMs = performance.now();
      socket.write(request);
    };
    const onRead = (bytes: number): boolean => {
      leftBytes -= bytes;
      if (leftBytes === 0) {
        gauge.done(performance.now() - sentAtMs);
        send();
      }
      return true;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback: onRead } }, send);
    socket.on('error', error => gauge.fail(error.message));
    socket.on('close', () => gauge.fail('the server closed the connection'));
    return socket;
  };

  for (let at = 0; at < count; at++) open(addressOf(at + 1));
  return gauge.measure(params);
};
