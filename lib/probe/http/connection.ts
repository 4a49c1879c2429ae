import type { Socket } from 'node:net';
import type { Failure } from '../answer/answer.ts';
import { failureOf, type Peer, peerText } from '../answer/failure-texts.ts';
import { codeOf } from '../answer/text.ts';
import type { Security } from '../socket/secure-socket.ts';
import type { OnOpen, Opening, Reading } from '../socket/socket.ts';
import {
  type Asking,
  type ConnectHttp,
  exchangeTimeout,
  type HttpConnection,
  type HttpDeps,
  type Outcome,
} from './exchange.ts';
import { expectAnswer, newReader, READ_BYTES, type Reader, read, readEnd, release } from './reader.ts';

/** One for all connections: what is in it is taken out before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE']);

/** A connection with the exchange that is under way on it. All in one object that is written over, whose functions are
 *  those of all: 10,000 of them are in no cache, so each further object, closure or fraction is waited for, and what a
 *  check makes anew lives until its answer. */
type Line = { -readonly [key in keyof HttpConnection]: HttpConnection[key] } & Reading & {
    readonly deps: HttpDeps;
    readonly peer: Peer;
    readonly security: Security | null;
    readonly reader: Reader;
    opening: Opening | null;
    /** Socket of the opening, while it is open. */
    socket: Socket | null;
    /** null: no exchange is under way. */
    asking: Asking | null;
    isFirst: boolean;
    sentAtMs: number;
    /** Time to the first byte of an answer that has begun and is not yet whole. */
    ttfbMs: number | null;
  };

const end = (line: Line, asking: Asking, outcome: Outcome): void => {
  line.asking = null;
  asking.onOutcome(outcome);
};

/** Phases of a connection that this exchange has opened. */
const openingOf = ({ isFirst, opening }: Line): Opening | null => (isFirst ? opening : null);

const fail = (line: Line, failure: Failure, ttfbMs = line.ttfbMs, stale = false): void => {
  const { asking } = line;
  if (asking === null) return;
  line.usable = false;
  end(line, asking, {
    kind: 'failure',
    failure,
    stale,
    statusCode: line.reader.head?.statusCode ?? null,
    ttfbMs,
    endedAtMs: line.deps.clock.monotonicMs(),
    opening: openingOf(line),
  });
};

const succeed = (line: Line, asking: Asking, ttfbMs: number | null, endedAtMs: number): void => {
  const { reader } = line;
  const { head } = reader;
  if (head === null) return;
  const { statusCode, fields, contentEncoding } = head;
  if (!head.persistent || reader.excess) line.usable = false;
  end(line, asking, {
    kind: 'response',
    statusCode,
    fields,
    contentEncoding,
    body: release(reader),
    ttfbMs: ttfbMs ?? 0,
    endedAtMs,
    opening: openingOf(line),
  });
};

function abort(this: Line): void {
  const { opening, reader, ttfbMs, asking } = this;
  if (asking === null) return;
  const statusCode = reader.head?.statusCode ?? null;
  const progress = { opening, ttfbMs, statusCode, bodyBytes: reader.bodyBytes };
  fail(this, exchangeTimeout(progress, this.deps.clock.monotonicMs() - asking.startedAtMs));
}

function onBytes(this: Line, bytes: number): void {
  const { asking, reader } = this;
  // Nobody has asked for it.
  if (asking === null) this.usable = false;
  if (asking === null || !this.usable) return;
  const nowMs = this.deps.clock.monotonicMs();
  const ttfbMs = this.ttfbMs ?? nowMs - this.sentAtMs;
  const failure = read(reader, readBuffer, bytes);
  if (failure !== null) fail(this, failure, ttfbMs);
  else if (reader.stage === 'done') succeed(this, asking, ttfbMs, nowMs);
  else this.ttfbMs = ttfbMs;
}

function onGone(this: Line, error: Error | null): void {
  const { peer, asking, ttfbMs, deps } = this;
  this.usable = false;
  this.socket = null;
  if (asking === null) return;
  if (error === null && readEnd(this.reader)) succeed(this, asking, ttfbMs, deps.clock.monotonicMs());
  else if (error !== null && !CLOSED_CODES.has(codeOf(error) ?? ''))
    fail(this, failureOf(error, peer, 'open'));
  else {
    const how = ttfbMs === null ? 'without an answer' : 'in the middle of the answer';
    const text = `${peerText(peer)} closed the connection ${how}`;
    fail(this, { reason: 'protocol', error: text }, ttfbMs, !this.isFirst && ttfbMs === null);
  }
}

const send = (line: Line, socket: Socket, { request }: Asking, nowMs: number): void => {
  line.sentAtMs = nowMs;
  socket.write(request.bytes);
};

const open = (line: Line): void => {
  const onOpen: OnOpen = (failure, socket) => {
    line.certExpiresAtMs = opening.certExpiresAtMs;
    if (failure !== null) return fail(line, failure);
    line.socket = socket;
    if (socket.destroyed) line.onGone(null);
    else if (line.asking !== null) send(line, socket, line.asking, line.deps.clock.monotonicMs());
  };
  const opening = line.deps.sockets.open(line.peer, line.security, onOpen, line);
  line.opening = opening;
};

function exchange(this: Line, asking: Asking, nowMs: number): void {
  const { socket, reader } = this;
  this.asking = asking;
  this.isFirst = socket === null;
  this.ttfbMs = null;
  expectAnswer(reader, asking.request.headOnly, asking);
  if (socket === null) open(this);
  else send(this, socket, asking, nowMs);
}

function close(this: Line): void {
  this.usable = false;
  this.opening?.socket?.destroy();
}

/** A client of HTTP/1.1 on a bare socket (RFC 9112): checks are all that this product does all day, and undici takes
 *  twice the CPU. The request's bytes are made beforehand, the answer is read where it arrives. */
export const connectHttp: ConnectHttp = (deps, _url, peer, security) => {
  const line: Line = {
    certExpiresAtMs: null,
    usable: true,
    exchange,
    abort,
    close,
    buffer: readBuffer,
    onBytes,
    onGone,
    deps,
    peer,
    security,
    reader: newReader(),
    opening: null,
    socket: null,
    asking: null,
    isFirst: true,
    sentAtMs: 0,
    ttfbMs: null,
  };
  return line;
};
