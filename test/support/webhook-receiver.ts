import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

export type ReceivedRequest = {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked. */
  readonly body: string;
  /** When its body was complete, Unix epoch with fractions. */
  readonly arrivedAtMs: number;
};

/** A number is a status without more. `reset` closes the connection without an answer. */
export type Answer =
  | number
  | {
      readonly status?: number;
      readonly headers?: { readonly [name: string]: string };
      readonly body?: string | Buffer;
      readonly delayMs?: number;
      readonly reset?: boolean;
    };

export type WebhookReceiver = {
  readonly url: string;
  /** In order of arrival; grows while the receiver runs. */
  readonly requests: readonly ReceivedRequest[];
  /** Until told so, every answer is 200. Of a list, the last answer repeats. `index` counts from 0 over all requests. */
  readonly respondWith: (
    answers: readonly Answer[] | ((request: ReceivedRequest, index: number) => Answer),
  ) => void;
  /** The requests, once there are `count`; rejects after `withinMs` (10 s). */
  readonly waitFor: (count: number, withinMs?: number) => Promise<readonly ReceivedRequest[]>;
  readonly close: () => Promise<void>;
};

/** A real HTTP server on loopback that keeps what it is sent. */
export const startWebhookReceiver = async (onPort = 0): Promise<WebhookReceiver> => {
  const requests: ReceivedRequest[] = [];
  const arrivals = new EventTarget();
  const stopped = new AbortController();
  let answerTo: (request: ReceivedRequest, index: number) => Answer = () => 200;

  const server = createServer(async (request, response) => {
    const packed = request.headers['content-encoding'] === 'gzip';
    const body = await text(packed ? request.pipe(createGunzip()) : request).catch(() => null);
    if (body === null) return;
    const received: ReceivedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body,
      arrivedAtMs: performance.timeOrigin + performance.now(),
    };
    const index = requests.push(received) - 1;
    const answer = answerTo(received, index);
    arrivals.dispatchEvent(new Event('arrival'));
    const {
      status = 200,
      headers = {},
      body: answerBody = '',
      delayMs = 0,
      reset = false,
    } = typeof answer === 'number' ? { status: answer } : answer;
    if (delayMs > 0) await sleep(delayMs, undefined, { signal: stopped.signal }).catch(() => {});
    if (reset) request.socket.resetAndDestroy();
    else response.writeHead(status, headers).end(answerBody);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(onPort, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    respondWith: answers => {
      if (typeof answers === 'function') {
        answerTo = answers;
        return;
      }
      const left = [...answers];
      answerTo = () => (left.length > 1 ? left.shift() : left[0]) ?? 200;
    },
    waitFor: (count, withinMs = 10_000) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          arrivals.removeEventListener('arrival', check);
          reject(new Error(`${requests.length} of ${count} requests arrived within ${withinMs} ms`));
        }, withinMs);
        const check = () => {
          if (requests.length < count) return;
          clearTimeout(limit);
          arrivals.removeEventListener('arrival', check);
          resolve(requests);
        };
        arrivals.addEventListener('arrival', check);
        check();
      }),
    close: () =>
      new Promise(resolve => {
        stopped.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
