import { connect } from 'node:net';
import type { Sample } from '../benchmark.ts';
import type { BareHttpParams } from './bare-http.ts';
import { addressOf } from './endpoints.ts';
import { createGauge } from './gauge.ts';

/** Connects, writes the request, reads the whole answer, closes, and again. */
export const runBareHttpFresh = async (params: BareHttpParams): Promise<Sample> => {
  const { count, port, answerBytes } = params;
  const gauge = createGauge();
  const buffer = Buffer.allocUnsafe(64 * 1024);

  const visit = (host: string, request: Buffer): void => {
    const startedAtMs = performance.now();
    let leftBytes = answerBytes;
    const callback = (bytes: number): boolean => {
      leftBytes -= bytes;
      if (leftBytes > 0) return true;
      gauge.done(performance.now() - startedAtMs);
      socket.destroy();
      return false;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } }, () =>
      socket.write(request),
    );
    socket.on('error', error => gauge.fail(error.message));
    socket.on('close', () => visit(host, request));
  };

  for (let at = 0; at < count; at++) {
    const host = addressOf(at + 1);
    visit(host, Buffer.from(params.request.replaceAll('{address}', `${host}:${port}`)));
  }
  return gauge.measure(params);
};
