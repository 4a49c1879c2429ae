import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { keptAnswer } from './http.ts';

/** What came of an outage: for each service that broke, from that instant to the arrival of its webhook. */
export type OutageReport = {
  readonly broken: number;
  readonly delivered: number;
  /** Webhooks that came again. */
  readonly doubled: number;
  /** Webhooks of services that did not break. */
  readonly wrong: number;
  readonly detectedAfterMs: readonly number[];
};

export type Outage = { readonly first: number; readonly count: number; readonly apartMs: number };

const MOST_SERVICES = 100_000;

const refusal = Buffer.from(
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"status":"down"}',
);

/** `GET /17 HTTP/1.1`: the service's number. */
const numberIn = (chunk: Buffer): number => {
  const at = chunk.indexOf('/') + 1;
  return Number.parseInt(chunk.toString('latin1', at, at + 6), 10);
};

/** Services, each of which can break at an instant of its own, and who is told of it. */
export const createOutages = () => {
  const brokenAtMs = new Float64Array(MOST_SERVICES).fill(Number.POSITIVE_INFINITY);
  const arrivals = new Map<string, { readonly service: number; readonly atMs: number; count: number }>();

  const services = (): Server =>
    createServer({ noDelay: true }, socket => {
      socket.on('data', chunk => {
        const isBroken = performance.now() >= (brokenAtMs[numberIn(chunk)] ?? 0);
        socket.write(isBroken ? refusal : keptAnswer);
      });
      socket.on('error', () => socket.destroy());
    });

  const arrive = (transition: string, isFail: boolean): void => {
    if (!isFail) return;
    const known = arrivals.get(transition);
    if (known) known.count++;
    else {
      const service = Number(/^s(\d+)#/.exec(transition)?.[1]);
      arrivals.set(transition, { service, atMs: performance.now(), count: 1 });
    }
  };

  const breakDown = ({ first, count, apartMs }: Outage): void => {
    arrivals.clear();
    const fromMs = performance.now() + 100;
    for (let at = 0; at < count; at++) brokenAtMs[first + at] = fromMs + at * apartMs;
  };

  const report = (): OutageReport => {
    const all = [...arrivals.values()];
    const right = all.filter(({ service, atMs }) => atMs >= (brokenAtMs[service] ?? 0));
    return {
      broken: brokenAtMs.reduce((sum, atMs) => sum + (atMs <= performance.now() ? 1 : 0), 0),
      delivered: right.length,
      doubled: all.reduce((sum, { count }) => sum + count - 1, 0),
      wrong: all.length - right.length,
      detectedAfterMs: right.map(({ service, atMs }) => atMs - (brokenAtMs[service] ?? 0)),
    };
  };

  const heal = (): void => {
    brokenAtMs.fill(Number.POSITIVE_INFINITY);
  };

  /** Takes webhooks (POST), and is told what to do (GET). */
  const control = (): HttpServer =>
    createHttpServer(async (request, response) => {
      if (request.method === 'POST') {
        const body = await text(request);
        arrive(String(request.headers['idempotency-key']), body.includes('"state":"fail"'));
        response.end();
        return;
      }
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://control');
      if (pathname === '/break') breakDown(JSON.parse(searchParams.get('outage') ?? '{}'));
      if (pathname === '/heal') heal();
      response.end(JSON.stringify(report()));
    });

  return { services, control };
};
