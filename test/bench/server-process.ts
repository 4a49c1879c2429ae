import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createArrivals } from './servers/arrivals.ts';
import { dnsServer } from './servers/dns.ts';
import { httpServer, httpsServer, keptAnswer, lastAnswer } from './servers/http.ts';
import { createOutages } from './servers/outage.ts';
import { tcpServer } from './servers/tcp.ts';

export type ServerParams = { readonly server: 'http' | 'https' | 'tcp' | 'dns' | 'outages' | 'arrivals' };

export type ServerReady = {
  readonly port: number;
  readonly keptAnswerBytes: number;
  readonly lastAnswerBytes: number;
  /** Of `outages` and `arrivals`: where orders go, and webhooks. */
  readonly controlPort: number | null;
};

const BACKLOG = 65_535;
/** All of loopback. */
const ANYWHERE = { port: 0, host: '0.0.0.0', backlog: BACKLOG };

process.stdin.resume().once('end', () => process.exit());

const outages = createOutages();
const arrivals = createArrivals();

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
    case 'outages':
      return outages.services().listen(ANYWHERE);
    case 'arrivals':
      return arrivals.services().listen(ANYWHERE);
    default:
      return server satisfies never;
  }
};

const params: ServerParams = JSON.parse(process.argv[2] ?? '{}');
const server = start(params);
await once(server, 'listening');
const control = { outages, arrivals }[String(params.server)]?.control().listen(0, '127.0.0.1');
if (control) await once(control, 'listening');
const ready: ServerReady = {
  port: (server.address() as AddressInfo).port,
  keptAnswerBytes: keptAnswer.length,
  lastAnswerBytes: lastAnswer.length,
  controlPort: (control?.address() as AddressInfo | undefined)?.port ?? null,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
