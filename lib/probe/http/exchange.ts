import type { Clock } from '../../domain/clock.ts';
import type { Failure } from '../answer/answer.ts';
import type { Peer } from '../answer/failure-texts.ts';
import { duration } from '../answer/text.ts';
import type { Security } from '../socket/secure-socket.ts';
import { type Opening, openingTimeout, type Sockets } from '../socket/socket.ts';
import type { Body } from './body.ts';
import type { HttpRequest } from './request.ts';

export type HttpResponse = {
  readonly kind: 'response';
  readonly statusCode: number;
  /** Field lines, each with its line end; none where they are not wanted. */
  readonly fields: string;
  readonly contentEncoding: string | null;
  readonly body: Body;
  readonly ttfbMs: number;
  /** On the monotonic clock. */
  readonly endedAtMs: number;
  /** null: on a kept connection. */
  readonly opening: Opening | null;
};

export type HttpFailure = {
  readonly kind: 'failure';
  readonly failure: Failure;
  /** The kept connection was closed as the request went out, before a byte of an answer. */
  readonly stale: boolean;
  readonly statusCode: number | null;
  readonly ttfbMs: number | null;
  readonly endedAtMs: number;
  readonly opening: Opening | null;
};

/** What is sent, what the answer may take and what is wanted of it. */
export type Asking = {
  readonly request: HttpRequest;
  readonly maxBodyBytes: number;
  /** Header fields are looked at: to make text of them takes 0.2 µs. */
  readonly wantsFields: boolean;
  /** Start of the whole check, on the monotonic clock. */
  readonly startedAtMs: number;
  /** Called once, on this object, not before `exchange` returns. */
  readonly onOutcome: (outcome: Outcome) => void;
};

export type Outcome = HttpResponse | HttpFailure;

/** One connection to one origin, opened by its first exchange. Its functions are called on it: they may be those of all
 *  connections. */
export type HttpConnection = {
  readonly certExpiresAtMs: number | null;
  /** It can take one more exchange: after a failure, or an answer that ended it, it cannot. */
  readonly usable: boolean;
  /** One at a time, at `nowMs` on the monotonic clock. */
  readonly exchange: (asking: Asking, nowMs: number) => void;
  /** Ends the exchange under way as a timeout. */
  readonly abort: () => void;
  readonly close: () => void;
};

export type HttpDeps = { readonly clock: Clock; readonly sockets: Sockets };

/** The seam between checks and clients of HTTP. */
export type ConnectHttp = (deps: HttpDeps, url: URL, peer: Peer, security: Security | null) => HttpConnection;

/** How far an exchange has come. */
export type Progress = {
  readonly opening: Opening | null;
  readonly ttfbMs: number | null;
  readonly statusCode: number | null;
  readonly bodyBytes: number;
};

/** How far an exchange had come that did not end in time. */
export const exchangeTimeout = (progress: Progress, afterMs: number): Failure => {
  const { opening, ttfbMs, statusCode, bodyBytes } = progress;
  const within = `within ${duration(afterMs)}`;
  if (opening !== null && opening.stage !== 'open') return openingTimeout(opening, afterMs);
  if (ttfbMs === null) return { reason: 'timeout', error: `no answer headers ${within}` };
  return {
    reason: 'timeout',
    error:
      statusCode === null
        ? `the answer's headers did not end ${within}`
        : `the body did not end ${within} (${bodyBytes} bytes came)`,
  };
};
