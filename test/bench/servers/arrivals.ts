import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { intervalErrors } from '../arithmetic/omission.ts';
import { type Percentiles, percentilesOf } from '../arithmetic/percentile.ts';
import { keptAnswer, lastAnswer } from './http.ts';

/** What a service sees of its monitor. */
export type ArrivalReport = {
  readonly checks: number;
  readonly forMs: number;
  /** How far the gaps between checks are from the interval. */
  readonly errors: Percentiles | null;
  /** Checks that should have come between others. */
  readonly missing: number;
  /** Services that were checked at all. */
  readonly services: number;
};

const MOST_SERVICES = 10_000;
const LAST = /\r\nconnection: close\r\n/i;

/** Services that note when they are checked: `GET /17` is the 18th. */
export const createArrivals = () => {
  let arrivals: number[][] = [];
  let on = false;

  const services = (): Server =>
    createServer({ noDelay: true }, socket => {
      let isLast: boolean | null = null;
      socket.on('data', chunk => {
        const from = chunk.indexOf('/') + 1;
        const service = Number.parseInt(chunk.toString('latin1', from, from + 6), 10);
        if (on) arrivals[service]?.push(performance.now());
        isLast ??= LAST.test(chunk.toString('latin1'));
        if (isLast) socket.end(lastAnswer);
        else socket.write(keptAnswer);
      });
      socket.on('error', () => socket.destroy());
    });

  const measure = async (forMs: number, everyMs: number): Promise<ArrivalReport> => {
    arrivals = Array.from({ length: MOST_SERVICES }, () => []);
    const fromMs = performance.now();
    on = true;
    await sleep(forMs);
    on = false;
    const all = arrivals.filter(({ length }) => length > 0);
    const seen = all.map(one => intervalErrors(one, everyMs));
    return {
      checks: all.reduce((sum, { length }) => sum + length, 0),
      forMs: performance.now() - fromMs,
      errors: percentilesOf(seen.flatMap(({ errorsMs }) => errorsMs)),
      missing: seen.reduce((sum, { missing }) => sum + missing, 0),
      services: all.length,
    };
  };

  /** `GET /?forMs=10000&everyMs=100` measures. */
  const control = (): HttpServer =>
    createHttpServer(async (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://control');
      const report = await measure(Number(searchParams.get('forMs')), Number(searchParams.get('everyMs')));
      response.end(JSON.stringify(report));
    });

  return { services, control };
};
