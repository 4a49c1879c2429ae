import type { Socket } from 'node:net';
import Client from 'undici/lib/dispatcher/client.js';
import type { Failure } from '../answer/answer.ts';
import { failureOf, type Peer, peerText } from '../answer/failure-texts.ts';
import { codeOf } from '../answer/text.ts';
import type { Opening } from '../socket/socket.ts';
import { bodyOfBytes, PACKING_BYTES } from './body.ts';
import { type ConnectHttp, exchangeTimeout, type HttpConnection, type Outcome } from './exchange.ts';
import { headerValue } from './headers.ts';
import type { HttpRequest } from './request.ts';

/** Shorter than firewalls forget a silent connection; a check on a forgotten one fails by timeout. */
const MAX_IDLE_MS = 30_000;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_INFORMATIONAL = 32;

const clientOptions: Client.Options = {
  // The check's own signal is the only limit of time.
  headersTimeout: 0,
  bodyTimeout: 0,
  connectTimeout: 0,
  keepAliveTimeout: MAX_IDLE_MS,
  keepAliveMaxTimeout: MAX_IDLE_MS,
  keepAliveTimeoutThreshold: 1000,
  maxHeaderSize: MAX_HEADER_BYTES,
};

const STALE_CODES = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const NO_BYTES = Buffer.alloc(0);
const ignore = (): void => {};
/** One for all: undici would make one with a stack trace each time, a fifth of a check on a fresh connection. */
const CLOSED = new Error('closed');

const informational = (chunk: Buffer): boolean =>
  chunk.length > 12 && chunk[9] === 0x31 && chunk[10] === 0x30 && chunk[11] === 0x30;

/** undici takes a `100 Continue` that it did not ask for as an attack; servers do send them (RFC 9110, 15.2). */
const skipContinues = (socket: Socket, expectsHeaders: () => boolean): void => {
  const read = socket.read.bind(socket);
  socket.read = size => {
    let chunk: Buffer | null = read(size);
    while (chunk !== null && informational(chunk) && expectsHeaders()) {
      const end = chunk.indexOf('\r\n\r\n');
      if (end < 0) break;
      chunk = end + 4 === chunk.length ? read() : chunk.subarray(end + 4);
    }
    return chunk;
  };
};

const dispatchOf = ({ step, closes }: HttpRequest) => ({
  path: step.url.pathname + step.url.search,
  method: step.method,
  headers: Object.entries(step.headers).flat(),
  body: step.body,
  reset: closes,
});

/** Field lines of names and values in turn. */
const fieldsOf = (raw: readonly Buffer[]): string => {
  let fields = '';
  for (let index = 0; index < raw.length; index += 2)
    fields += `${(raw[index] as Buffer).toString('latin1')}: ${(raw[index + 1] as Buffer).toString('latin1')}\r\n`;
  return fields;
};

/** undici's client behind the seam of our own: a second opinion, and the way to what ours does not speak. */
export const connectUndici: ConnectHttp = ({ clock, sockets }, url, peer, security) => {
  let opening: Opening | null = null;
  /** Opening that serves the exchange under way. */
  let opened: Opening | null = null;
  let expectsHeaders = false;
  let fail: (failure: Failure) => void = ignore;
  let abort: () => void = ignore;

  const client = new Client(url.origin, {
    ...clientOptions,
    connect: (_options, callback) => {
      // undici opens anew for as long as connections end before the request is written.
      if (opened !== null)
        return fail({ reason: 'protocol', error: `${peerText(peer)} closed the connection at once` });
      const attempt = sockets.open(peer, security, (failure, socket) => {
        if (failure !== null) return fail(failure);
        skipContinues(socket, () => expectsHeaders);
        callback(null, socket);
      });
      opened = attempt;
      opening = attempt;
    },
  });

  const close = (): void => {
    opening?.socket?.destroy();
    client.destroy(CLOSED, ignore);
  };

  const exchange: HttpConnection['exchange'] = (asking, nowMs) => {
    const { request, maxBodyBytes, startedAtMs } = asking;
    let sentAtMs = nowMs;
    let ttfbMs: number | null = null;
    let statusCode: number | null = null;
    let fields = '';
    let first: Buffer = NO_BYTES;
    let rest: Buffer[] | null = null;
    let bodyBytes = 0;
    let informationals = 0;
    let pending = true;

    const settle = (outcome: Outcome): void => {
      pending = false;
      expectsHeaders = false;
      fail = ignore;
      asking.onOutcome(outcome);
    };
    const failAs = (failure: Failure, stale = false): void => {
      if (!pending) return;
      settle({
        kind: 'failure',
        failure,
        stale,
        statusCode,
        ttfbMs,
        endedAtMs: clock.monotonicMs(),
        opening: opened,
      });
    };
    abort = (): void => {
      const progress = { opening: opened, ttfbMs, statusCode, bodyBytes };
      failAs(exchangeTimeout(progress, clock.monotonicMs() - startedAtMs));
    };

    opened = null;
    fail = failAs;
    client.dispatch(dispatchOf(request), {
      // The older shape of handler: the newer one costs a parsed header object for each answer.
      onConnect: () => {
        sentAtMs = clock.monotonicMs();
        expectsHeaders = true;
      },
      onResponseStarted: () => {
        ttfbMs ??= clock.monotonicMs() - sentAtMs;
      },
      onHeaders: (status, rawHeaders) => {
        if (status >= 200) {
          expectsHeaders = false;
          statusCode = status;
          fields = fieldsOf(rawHeaders);
        } else if (++informationals > MAX_INFORMATIONAL)
          failAs({ reason: 'protocol', error: `more than ${MAX_INFORMATIONAL} 1xx answers` });
        return true;
      },
      onData: chunk => {
        bodyBytes += chunk.length;
        if (bodyBytes > maxBodyBytes + PACKING_BYTES)
          failAs({ reason: 'too-large', error: `the body has more than ${maxBodyBytes} bytes` });
        else if (first === NO_BYTES) first = chunk;
        else if (rest === null) rest = [first, chunk];
        else rest.push(chunk);
        return true;
      },
      onComplete: () => {
        if (!pending || statusCode === null) return;
        settle({
          kind: 'response',
          statusCode,
          fields,
          contentEncoding: headerValue(fields, 'content-encoding'),
          body: bodyOfBytes(rest === null ? first : Buffer.concat(rest, bodyBytes)),
          ttfbMs: ttfbMs ?? 0,
          endedAtMs: clock.monotonicMs(),
          opening: opened,
        });
      },
      onError: error => {
        const stale = opened === null && ttfbMs === null && STALE_CODES.has(codeOf(error) ?? '');
        failAs(exchangeFailure(error, peer, statusCode !== null || ttfbMs !== null), stale);
      },
    });
  };

  return {
    get usable() {
      return !client.destroyed;
    },
    get certExpiresAtMs() {
      return opening?.certExpiresAtMs ?? null;
    },
    exchange,
    abort: () => abort(),
    close,
  };
};

/** What undici says of an answer that no request waits for. */
const UNASKED: { readonly [message: string]: string } = {
  'bad response': 'sent an interim answer that was not asked for',
  'bad upgrade': 'switched protocols, which was not asked for',
};

const exchangeFailure = (error: Error, peer: Peer, started: boolean): Failure => {
  if (!STALE_CODES.has(codeOf(error) ?? '')) return failureOf(error, peer, 'open');
  const closed = `closed the connection ${started ? 'in the middle of the answer' : 'without an answer'}`;
  return { reason: 'protocol', error: `${peerText(peer)} ${UNASKED[error.message] ?? closed}` };
};
