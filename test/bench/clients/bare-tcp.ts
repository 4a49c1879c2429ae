import { connect } from 'node:net';
import type { Sample } from '../benchmark.ts';
import { addressOf } from './endpoints.ts';
import { createGauge, type Window } from './gauge.ts';

export type BareTcpParams = Window & { readonly count: number; readonly port: number };

/** Connects, closes, and again. */
export const runBareTcp = async (params: BareTcpParams): Promise<Sample> => {
  const { count, port } = params;
  const gauge = createGauge();

  const visit = (host: string): void => {
    const startedAtMs = performance.now();
    const socket = connect({ host, port }, () => {
      gauge.done(performance.now() - startedAtMs);
      socket.destroy();
    });
    socket.on('error', error => gauge.fail(error.message));
    socket.on('close', () => visit(host));
  };

  for (let at = 0; at < count; at++) visit(addressOf(at + 1));
  return gauge.measure(params);
};
