import type { Socket } from 'node:net';
import type { Failure } from './answer.ts';
import { failureOf, peerText } from './failure-texts.ts';
import { type ConnectHttp, exchangeTimeout, type HttpFailure, type HttpResponse } from './http-exchange.ts';
import { expectAnswer, newReader, READ_BYTES, read, readEnd, release } from './http-reader.ts';
import type { Opening } from './socket.ts';
import { codeOf } from './text.ts';

type Outcome = HttpResponse | HttpFailure;

/** One for all connections: what is in it is taken out before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE']);

/** A client of HTTP/1.1 on a bare socket (RFC 9112): checks are all that this product does all day, and undici takes
 *  twice the CPU. The request's bytes are made beforehand, the answer is read where it arrives. */
export const connectHttp: ConnectHttp = ({ clock, sockets }, _url, peer, security) => {
  const reader = newReader();
  let opening: Opening | null = null;
  let usable = true;
  /** Of the exchange under way. */
  let settle: ((outcome: Outcome) => void) | null = null;
  let isFirst = true;
  /** Of its instants, NaN before they come. Fields of an object are written in place, variables of a closure are not. */
  const times = { startedAtMs: Number.NaN, sentAtMs: Number.NaN, answeredAtMs: Number.NaN };
  /** Whose abort is listened for: checks of one endpoint come with the same signal again and again. */
  let listened: AbortSignal | null = null;

  const end = (outcome: Outcome): void => {
    const done = settle;
    settle = null;
    done?.(outcome);
  };

  const hasAnswered = (): boolean => !Number.isNaN(times.answeredAtMs);
  const ttfbMs = (): number | null => (hasAnswered() ? times.answeredAtMs - times.sentAtMs : null);

  const fail = (failure: Failure, stale = false): void => {
    if (settle === null) return;
    usable = false;
    end({
      kind: 'failure',
      failure,
      stale,
      statusCode: reader.head?.statusCode ?? null,
      ttfbMs: ttfbMs(),
      endedAtMs: clock.monotonicMs(),
      opening: isFirst ? opening : null,
    });
  };

  const succeed = (endedAtMs: number): void => {
    const { head } = reader;
    if (head === null) return;
    const { statusCode, fields, contentEncoding } = head;
    if (!head.persistent || reader.excess) usable = false;
    end({
      kind: 'response',
      statusCode,
      fields,
      contentEncoding,
      body: release(reader),
      ttfbMs: ttfbMs() ?? 0,
      endedAtMs,
      opening: isFirst ? opening : null,
    });
  };

  const onAbort = (): void => {
    const statusCode = reader.head?.statusCode ?? null;
    const progress = { opening, ttfbMs: ttfbMs(), statusCode, bodyBytes: reader.bodyBytes };
    fail(exchangeTimeout(progress, clock.monotonicMs() - times.startedAtMs));
  };

  const listen = (signal: AbortSignal | null): void => {
    if (signal === listened) return;
    listened?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort);
    listened = signal;
  };

  const onRead = (bytes: number): boolean => {
    // Nobody has asked for it.
    if (settle === null) usable = false;
    if (!usable) return true;
    const nowMs = clock.monotonicMs();
    if (!hasAnswered()) times.answeredAtMs = nowMs;
    const failure = read(reader, readBuffer, bytes);
    if (failure !== null) fail(failure);
    else if (reader.stage === 'done') succeed(nowMs);
    return true;
  };

  /** The other side has closed, or the connection broke. */
  const onGone = (error: Error | null): void => {
    usable = false;
    if (settle === null) listen(null);
    else if (error === null && readEnd(reader)) succeed(clock.monotonicMs());
    else if (error !== null && !CLOSED_CODES.has(codeOf(error) ?? '')) fail(failureOf(error, peer, 'open'));
    else {
      const how = hasAnswered() ? 'in the middle of the answer' : 'without an answer';
      const text = `${peerText(peer)} closed the connection ${how}`;
      fail({ reason: 'protocol', error: text }, !isFirst && !hasAnswered());
    }
  };

  const send = (socket: Socket, bytes: Buffer, nowMs: number): void => {
    times.sentAtMs = nowMs;
    socket.write(bytes);
  };

  const open = (bytes: Buffer): void => {
    opening = sockets.open(
      peer,
      security,
      failure => {
        const { socket } = opening as Opening;
        if (failure !== null) return fail(failure);
        socket.on('error', onGone);
        socket.on('end', () => onGone(null));
        socket.on('close', () => onGone(null));
        if (socket.destroyed) onGone(null);
        else if (settle !== null) send(socket, bytes, clock.monotonicMs());
      },
      { buffer: readBuffer, callback: onRead },
    );
  };

  return {
    createdAtMs: clock.monotonicMs(),
    certExpiresAtMs: () => opening?.certExpiresAtMs ?? null,
    isUsable: () => usable,
    exchange: (request, limits, done) => {
      settle = done;
      isFirst = opening === null;
      times.startedAtMs = limits.startedAtMs;
      times.answeredAtMs = Number.NaN;
      const { maxBodyBytes, wantsFields } = limits;
      expectAnswer(reader, { headOnly: request.step.method === 'HEAD', maxBodyBytes, wantsFields });
      if (limits.signal.aborted) return onAbort();
      listen(limits.signal);
      if (opening === null) open(request.bytes);
      else send(opening.socket, request.bytes, clock.monotonicMs());
    },
    close: () => {
      usable = false;
      listen(null);
      opening?.socket.destroy();
    },
  };
};
