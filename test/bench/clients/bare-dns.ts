import { createSocket, type Socket } from 'node:dgram';
import type { Sample } from '../benchmark.ts';
import { createGauge, type Window } from './gauge.ts';

export type BareDnsParams = Window & {
  readonly count: number;
  readonly port: number;
  /** One socket for all queries of an asker, instead of a new one each. */
  readonly keep: boolean;
};

/** What is the address of bench.test? One question: A, IN; recursion desired. */
const QUERY = Buffer.from(
  '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05bench\x04test\x00\x00\x01\x00\x01',
  'latin1',
);

/** Sends a query, reads the answer, and again. */
export const runBareDns = async (params: BareDnsParams): Promise<Sample> => {
  const { count, port, keep } = params;
  const gauge = createGauge();

  const ask = (): void => {
    let sentAtMs = 0;
    const send = (): void => {
      sentAtMs = performance.now();
      // An address that is an address is not looked up.
      socket.send(QUERY, port, '127.0.0.1');
    };
    const socket: Socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) })
      .on('error', error => gauge.fail(error.message))
      .on('message', () => {
        gauge.done(performance.now() - sentAtMs);
        if (keep) send();
        else socket.close(ask);
      });
    send();
  };

  for (let at = 0; at < count; at++) ask();
  return gauge.measure(params);
};
