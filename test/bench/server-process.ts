import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { httpServer, keptAnswer, lastAnswer } from './servers/http.ts';

export type ServerParams = { readonly server: 'http' };

export type ServerReady = {
  readonly port: number;
  readonly keptAnswerBytes: number;
  readonly lastAnswerBytes: number;
};

const BACKLOG = 65_535;

const create = ({ server }: ServerParams): Server => {
  switch (server) {
    case 'http':
      return httpServer();
    default:
      return server satisfies never;
  }
};

const server = create(JSON.parse(process.argv[2] ?? '{}'));
server.listen({ port: 0, host: '0.0.0.0', backlog: BACKLOG });
await once(server, 'listening');
const ready: ServerReady = {
  port: (server.address() as AddressInfo).port,
  keptAnswerBytes: keptAnswer.length,
  lastAnswerBytes: lastAnswer.length,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
