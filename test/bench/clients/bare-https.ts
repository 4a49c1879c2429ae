import { readFileSync } from 'node:fs';
import { connect, createSecureContext } from 'node:tls';
import type { Sample } from '../benchmark.ts';
import { AUTHORITY_FILE } from '../harness/certificates.ts';
import type { BareHttpParams } from './bare-http.ts';
import { createGauge } from './gauge.ts';

const HOST = '127.0.0.1';

/** TLS sockets that each write the request, read the whole answer and write again. */
export const runBareHttps = async (params: BareHttpParams): Promise<Sample> => {
  const { count, port, answerBytes } = params;
  const gauge = createGauge();
  const secureContext = createSecureContext({ ca: readFileSync(AUTHORITY_FILE) });
  const request = Buffer.from(params.request.replaceAll('{address}', `${HOST}:${port}`));

  const open = (): void => {
    let leftBytes = answerBytes;
    let sentAtMs = 0;
    const send = (): void => {
      leftBytes = answerBytes;
      sentAtMs = performance.now();
      socket.write(request);
    };
    const socket = connect({ host: HOST, port, secureContext }, send);
    // With TLS, `onread` costs more than it saves: the bytes are copied once more.
    socket.on('data', chunk => {
      leftBytes -= chunk.length;
      if (leftBytes > 0) return;
      gauge.done(performance.now() - sentAtMs);
      send();
    });
    socket.setNoDelay();
    socket.on('error', error => gauge.fail(error.message));
  };

  for (let at = 0; at < count; at++) open();
  return gauge.measure(params);
};
