import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { Clock } from '../domain/clock.ts';

const HOST = '127.0.0.1';
const MOST_BODY_CHARS = 10_000;

/** How the demo's services fail, in ms of a cycle that repeats. */
const SHOP = { cycleMs: 9000, downMs: [3000, 6000] } as const;
const CACHE = { cycleMs: 11_000, downMs: [6500, 9000] } as const;
/** One in so many answers of the search is an error: too few in a row to matter. */
const SEARCH_FAILS_ONE_IN = 12;

type Plan = { readonly cycleMs: number; readonly downMs: readonly [number, number] };

export type DemoServices = {
  readonly shopUrl: string;
  readonly searchUrl: string;
  readonly cachePort: number;
  readonly webhookUrl: string;
  readonly close: () => void;
};

/** A shop that breaks for three seconds in nine, a search with single errors, a cache that hangs up now and then,
 *  and a receiver that tells `onWebhook` what arrives. All on loopback. */
export const startDemoServices = async (
  clock: Clock,
  onWebhook: (body: string) => void,
): Promise<DemoServices> => {
  const startMs = clock.monotonicMs();
  const isDown = ({ cycleMs, downMs: [fromMs, toMs] }: Plan): boolean => {
    const atMs = (clock.monotonicMs() - startMs) % cycleMs;
    return atMs >= fromMs && atMs < toMs;
  };
  const closes: (() => void)[] = [];

  const serve = async (answer: RequestListener): Promise<string> => {
    const server = createHttpServer(answer).listen(0, HOST);
    await once(server, 'listening');
    closes.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://${HOST}:${(server.address() as AddressInfo).port}`;
  };

  const shop: RequestListener = (_, response) => {
    const down = isDown(SHOP);
    response.writeHead(down ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: down ? 'database is away' : 'ok', version: '1.4.2' }));
  };

  let searches = 0;
  const search: RequestListener = (_, response) => {
    response.statusCode = ++searches % SEARCH_FAILS_ONE_IN === 0 ? 500 : 200;
    response.end('{}');
  };

  const receiver: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body = (body + chunk).slice(0, MOST_BODY_CHARS);
    });
    request.on('end', () => {
      onWebhook(body);
      response.end();
    });
  };

  const cache = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.end(isDown(CACHE) ? 'loading\r\n' : 'ready\r\n');
  }).listen(0, HOST);
  await once(cache, 'listening');
  closes.push(() => cache.close());

  return {
    shopUrl: await serve(shop),
    searchUrl: await serve(search),
    webhookUrl: await serve(receiver),
    cachePort: (cache.address() as AddressInfo).port,
    close: () => {
      for (const close of closes) close();
    },
  };
};
