import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostname } from 'node:os';
import { hostGuard, isForeignOrigin, isWildcard } from './host-guard.ts';
import { quoted } from './query.ts';
import { type Reply, refusal } from './reply.ts';
import { createRouter, type RouteDeps } from './routes.ts';
import { createSend } from './send.ts';

const MOST_CONNECTIONS = 256;
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
};
/** A client that takes no byte for so long is cut off. Longer than the pings of an event stream. */
const IDLE_TIMEOUT_MS = 60_000;
const CLOSE_WITHIN_MS = 1000;

export type HttpServer = {
  readonly kind: 'listening';
  readonly url: string;
  /** Ends event streams, lets other replies finish for up to a second. */
  readonly close: () => Promise<void>;
};

/** What does not parse as HTTP is answered too, in the API's own shape. */
const answerBrokenRequest = (error: NodeJS.ErrnoException, socket: Socket) => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          `the headers are over ${LIMITS.maxHeaderSize} bytes. Send less.`,
        ]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the request took too long to arrive. Send it again.']
        : ['400 Bad Request', 'this is not an HTTP request. Use HTTP/1.1.'];
  const body = `${JSON.stringify({ error: { message } })}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `cache-control: no-store\r\nx-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};

const whyNotListening = (error: NodeJS.ErrnoException, host: string, port: number): string => {
  switch (error.code) {
    case 'EACCES':
      return `port ${port} needs rights that this user does not have. Use a --port of 1024 or more.`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine. Use a --host that is, such as 127.0.0.1 or 0.0.0.0.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host ${quoted(host)} is not found. Use a --host that is an address of this machine, such as 127.0.0.1.`;
    default:
      return `cannot listen on ${host}, port ${port}: ${error.message}. Use another --host or --port.`;
  }
};

const urlOf = (host: string, port: number): string => {
  const reachable = isWildcard(host) ? (host === '::' ? '::1' : '127.0.0.1') : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

/** Serves the API. `port` 0 takes any free one. `onProblem` hears of bugs only; clients see no more than a 500. */
export const startHttpServer = async (
  options: RouteDeps & {
    readonly host: string;
    readonly port: number;
    readonly onProblem: (message: string) => void;
  },
): Promise<
  HttpServer | { readonly kind: 'in-use' } | { readonly kind: 'failed'; readonly error: string }
> => {
  const { host, port, clock, onProblem } = options;
  const route = createRouter(options);
  const { send, endStreams } = createSend();
  const isThisMachine = hostGuard(host, hostname());
  let url = '';

  const replyTo = (request: IncomingMessage, signal: AbortSignal): Reply | Promise<Reply> => {
    const { headers, url: target = '', method = '' } = request;
    if (!isThisMachine(headers.host))
      return refusal(
        403,
        `the host ${quoted(headers.host ?? '')} is not this monitor. Use ${url}, or start it with --host and the name to use.`,
      );
    if (isForeignOrigin(headers.origin, headers.host))
      return refusal(
        403,
        `pages of ${quoted(headers.origin ?? '')} may not read this monitor. Open ${url} itself.`,
      );
    return route({ target, method, signal });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      await send(response, await replyTo(request, gone.signal), gone.signal);
    } catch (error) {
      onProblem(`the HTTP API failed on ${request.method} ${quoted(request.url ?? '')}: ${error}`);
      if (response.headersSent) response.destroy();
      else
        await send(
          response,
          refusal(500, 'this request failed inside the monitor; its log says why.'),
          gone.signal,
        );
    }
  };

  const server = createServer(LIMITS, (request, response) => void answer(request, response));
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = IDLE_TIMEOUT_MS;
  server.on('clientError', answerBrokenRequest);

  try {
    await once(server.listen(port, host), 'listening');
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException;
    return error.code === 'EADDRINUSE'
      ? { kind: 'in-use' }
      : { kind: 'failed', error: whyNotListening(error, host, port) };
  }
  url = urlOf(host, (server.address() as AddressInfo).port);
  server.on('error', error => onProblem(`the HTTP API cannot take connections: ${error.message}`));

  return {
    kind: 'listening',
    url,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      endStreams();
      const cancel = clock.after(CLOSE_WITHIN_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
};
