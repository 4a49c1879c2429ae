import { connect } from 'node:net';
import type { Sample } from '../benchmark.ts';
import { addressOf } from './endpoints.ts';
import { createGauge, type Window } from './gauge.ts';

export type BareTcpParams = Window & { readonly count: number; readonly port: number };

/** Connects, reads the greeting, closes, and again. */
export const runBareTcp = async (params: BareTcpParams): Promise<Sample> => {
  const { count, port } = params;
  const gauge = createGauge();
  const buffer = Buffer.allocUnsafe(64 * 1024);

  const visit = (host: string): void => {
    const startedAtMs = performance.now();
    const callback = (): boolean => {
      gauge.done(performance.now() - startedAtMs);
      socket.destroy();
      return false;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    socket.on('error', error => gauge.fail(error.message));
    socket.on('close', () => visit(host));
  };

  for (let at = 0; at < count; at++) visit(addressOf(at + 1));
  return gauge.measure(params);
};
