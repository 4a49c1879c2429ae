import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dnsServer } from './servers/dns.ts';
import { httpServer, httpsServer, keptAnswer, lastAnswer } from './servers/http.ts';
import { tcpServer } from './servers/tcp.ts';

export type ServerParams = { readonly server: 'http' | 'https' | 'tcp' | 'dns' };

export type ServerReady = {
  readonly port: number;
  readonly keptAnswerBytes: number;
  readonly lastAnswerBytes: number;
};

const BACKLOG = 65_535;
/** All of loopback. */
const ANYWHERE = { port: 0, host: '0.0.0.0', backlog: BACKLOG };

const start = ({ server }: ServerParams) => {
  switch (server) {
    case 'http':
      return httpServer().listen(ANYWHERE);
    case 'https':
      return httpsServer().listen(ANYWHERE);
    case 'tcp':
      return tcpServer().listen(ANYWHERE);
    case 'dns':
      return dnsServer().bind(0, '127.0.0.1');
    default:
      return server satisfies never;
  }
};

const server = start(JSON.parse(process.argv[2] ?? '{}'));
await once(server, 'listening');
const ready: ServerReady = {
  port: (server.address() as AddressInfo).port,
  keptAnswerBytes: keptAnswer.length,
  lastAnswerBytes: lastAnswer.length,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
