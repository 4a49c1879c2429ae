import type { Failure } from './answer.ts';
import { failureOf, type Peer, peerText } from './failure-texts.ts';
import {
  type ConnectHttp,
  exchangeTimeout,
  type HttpConnection,
  type HttpDeps,
  type Limits,
  type Outcome,
} from './http-exchange.ts';
import { expectAnswer, newReader, READ_BYTES, type Reader, read, readEnd, release } from './http-reader.ts';
import type { HttpRequest } from './http-request.ts';
import type { Opening, Security } from './socket.ts';
import { codeOf } from './text.ts';

/** One for all connections: what is in it is taken out before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE']);

/** A connection with the exchange that is under way on it. All in one object that is written over: 10,000 of them are in
 *  no cache, so each further object is waited for, and what a check makes anew lives until its answer. */
type Line = { -readonly [key in keyof HttpConnection]: HttpConnection[key] } & {
  readonly deps: HttpDeps;
  readonly peer: Peer;
  readonly security: Security | null;
  readonly reader: Reader;
  opening: Opening | null;
  /** null: no exchange is under way. */
  done: ((outcome: Outcome) => void) | null;
  isFirst: boolean;
  sentAtMs: number;
  /** Once an answer has begun, which may come in pieces. */
  hasAnswered: boolean;
  answeredAtMs: number;
  startedAtMs: number;
};

const end = (line: Line, outcome: Outcome): void => {
  const { done } = line;
  line.done = null;
  done?.(outcome);
};

const ttfbMs = ({ hasAnswered, answeredAtMs, sentAtMs }: Line): number | null =>
  hasAnswered ? answeredAtMs - sentAtMs : null;

/** Of a connection that this exchange has opened. */
const openingOf = ({ isFirst, opening }: Line): Opening | null => (isFirst ? opening : null);

const fail = (line: Line, failure: Failure, stale = false): void => {
  if (line.done === null) return;
  line.usable = false;
  end(line, {
    kind: 'failure',
    failure,
    stale,
    statusCode: line.reader.head?.statusCode ?? null,
    ttfbMs: ttfbMs(line),
    endedAtMs: line.deps.clock.monotonicMs(),
    opening: openingOf(line),
  });
};

const succeed = (line: Line, endedAtMs: number): void => {
  const { reader } = line;
  const { head } = reader;
  if (head === null) return;
  const { statusCode, fields, contentEncoding } = head;
  if (!head.persistent || reader.excess) line.usable = false;
  end(line, {
    kind: 'response',
    statusCode,
    fields,
    contentEncoding,
    body: release(reader),
    ttfbMs: ttfbMs(line) ?? 0,
    endedAtMs,
    opening: openingOf(line),
  });
};

const timeOut = (line: Line): void => {
  const { opening, reader } = line;
  const statusCode = reader.head?.statusCode ?? null;
  const progress = { opening, ttfbMs: ttfbMs(line), statusCode, bodyBytes: reader.bodyBytes };
  fail(line, exchangeTimeout(progress, line.deps.clock.monotonicMs() - line.startedAtMs));
};

const take = (line: Line, bytes: number): void => {
  // Nobody has asked for it.
  if (line.done === null) line.usable = false;
  if (!line.usable) return;
  const nowMs = line.deps.clock.monotonicMs();
  if (!line.hasAnswered) {
    line.hasAnswered = true;
    line.answeredAtMs = nowMs;
  }
  const failure = read(line.reader, readBuffer, bytes);
  if (failure !== null) fail(line, failure);
  else if (line.reader.stage === 'done') succeed(line, nowMs);
};

/** The other side has closed, or the connection broke. */
const leave = (line: Line, error: Error | null): void => {
  const { peer, hasAnswered } = line;
  line.usable = false;
  if (line.done === null) return;
  if (error === null && readEnd(line.reader)) succeed(line, line.deps.clock.monotonicMs());
  else if (error !== null && !CLOSED_CODES.has(codeOf(error) ?? ''))
    fail(line, failureOf(error, peer, 'open'));
  else {
    const how = hasAnswered ? 'in the middle of the answer' : 'without an answer';
    const text = `${peerText(peer)} closed the connection ${how}`;
    fail(line, { reason: 'protocol', error: text }, !line.isFirst && !hasAnswered);
  }
};

const send = (line: Line, { socket }: Opening, bytes: Buffer, nowMs: number): void => {
  line.sentAtMs = nowMs;
  socket.write(bytes);
};

const open = (line: Line, bytes: Buffer): void => {
  const onOpen = (failure: Failure | null): void => {
    line.certExpiresAtMs = opening.certExpiresAtMs;
    if (failure !== null) return fail(line, failure);
    if (opening.socket.destroyed) leave(line, null);
    else if (line.done !== null) send(line, opening, bytes, line.deps.clock.monotonicMs());
  };
  const opening = line.deps.sockets.open(line.peer, line.security, onOpen, {
    buffer: readBuffer,
    callback: count => {
      take(line, count);
      return true;
    },
    onGone: error => leave(line, error),
  });
  line.opening = opening;
};

const exchange = (
  line: Line,
  request: HttpRequest,
  limits: Limits,
  nowMs: number,
  done: Line['done'],
): void => {
  const { opening } = line;
  line.done = done;
  line.isFirst = opening === null;
  line.startedAtMs = limits.startedAtMs;
  line.hasAnswered = false;
  expectAnswer(line.reader, request.step.method === 'HEAD', limits);
  if (opening === null) open(line, request.bytes);
  else send(line, opening, request.bytes, nowMs);
};

const close = (line: Line): void => {
  line.usable = false;
  line.opening?.socket.destroy();
};

/** A client of HTTP/1.1 on a bare socket (RFC 9112): checks are all that this product does all day, and undici takes
 *  twice the CPU. The request's bytes are made beforehand, the answer is read where it arrives. */
export const connectHttp: ConnectHttp = (deps, _url, peer, security) => {
  const line: Line = {
    createdAtMs: deps.clock.monotonicMs(),
    certExpiresAtMs: null,
    usable: true,
    exchange: (request, limits, nowMs, done) => exchange(line, request, limits, nowMs, done),
    abort: () => timeOut(line),
    close: () => close(line),
    deps,
    peer,
    security,
    reader: newReader(),
    opening: null,
    done: null,
    isFirst: true,
    sentAtMs: 0,
    hasAnswered: false,
    answeredAtMs: 0,
    startedAtMs: 0,
  };
  return line;
};
