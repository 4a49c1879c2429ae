import { readFileSync } from 'node:fs';
import { connect, createSecureContext } from 'node:tls';
import type { Sample } from '../benchmark.ts';
import { AUTHORITY_FILE } from '../harness/certificates.ts';
import type { BareHttpParams } from './bare-http.ts';
import { createGauge } from './gauge.ts';

export type BareHttpsFreshParams = BareHttpParams & { readonly resume: boolean };

const HOST = '127.0.0.1';

/** Connects, shakes hands (by the last session of the same socket's predecessor, where wanted), writes the request,
 *  reads the whole answer, closes, and again. */
export const runBareHttpsFresh = async (params: BareHttpsFreshParams): Promise<Sample> => {
  const { count, port, answerBytes, resume } = params;
  const gauge = createGauge();
  const secureContext = createSecureContext({ ca: readFileSync(AUTHORITY_FILE) });
  const request = Buffer.from(params.request.replaceAll('{address}', `${HOST}:${port}`));
  let resumed = 0;

  const visit = (session: Buffer | undefined): void => {
    const startedAtMs = performance.now();
    let leftBytes = answerBytes;
    let next = session;
    const socket = connect(
      { host: HOST, port, secureContext, ...(session && resume ? { session } : {}) },
      () => socket.write(request),
    );
    if (resume)
      socket.on('session', ticket => {
        next = ticket;
      });
    socket.on('data', chunk => {
      leftBytes -= chunk.length;
      if (leftBytes > 0) return;
      if (socket.isSessionReused()) resumed++;
      gauge.done(performance.now() - startedAtMs);
      socket.destroy();
    });
    socket.setNoDelay();
    socket.on('error', error => gauge.fail(error.message));
    socket.on('close', () => visit(next));
  };

  for (let at = 0; at < count; at++) visit(undefined);
  const sample = await gauge.measure(params, () => ({ resumed }));
  return { ...sample, facts: { 'resumed %': ((sample.facts.resumed ?? 0) / sample.operations) * 100 } };
};
