import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock as clock } from '../../lib/domain/clock.ts';
import { bodyText } from '../../lib/probe/http/body.ts';
import { connectHttp } from '../../lib/probe/http/connection.ts';
import type { ConnectHttp, HttpFailure, HttpResponse } from '../../lib/probe/http/exchange.ts';
import { headerMap } from '../../lib/probe/http/headers.ts';
import { requestOf } from '../../lib/probe/http/request.ts';
import { connectUndici } from '../../lib/probe/http/undici-connection.ts';
import { createSockets } from '../../lib/probe/socket/socket.ts';
import { type RawAnswer, rawAnswers } from '../support/http-answers.ts';

const BATCHES = 250;
const BATCH = 80;
const MAX_BODY_BYTES = 4096;

type Outcome =
  | { readonly kind: 'response'; readonly status: number; readonly headers: object; readonly body: string }
  | { readonly kind: 'failure'; readonly reason: string; readonly error: string };

/** Where our client differs on purpose. */
type Difference = {
  readonly why: string;
  readonly raw: RegExp;
  /** What each says of it; null: it takes it for an answer. */
  readonly ours: RegExp | null;
  readonly theirs: RegExp | null;
};

const differences: readonly Difference[] = [
  {
    why: 'a value may go on in the next line: obsolete, but a client has to read it (RFC 9112, 5.2)',
    raw: /:[^\r\n]*\r\n[ \t]/,
    ours: null,
    theirs: /Unexpected whitespace after header value|Invalid header value char/,
  },
  {
    why: 'to HEAD, and with 204 and 304, a length is that of a body which does not come (RFC 9110, 8.6)',
    raw: /^HTTP\/1\.\d (204|304)|content-length/i,
    ours: null,
    theirs: /not as long as its content-length/,
  },
  {
    why: 'a transfer-encoding but chunked is not undone here, and where its body ends is not sure (RFC 9112, 6.1)',
    raw: /transfer-encoding/i,
    ours: /transfer-encoding is/,
    theirs: null,
  },
  {
    why: 'chunks in an answer of HTTP/1.0 are faulty framing (RFC 9112, 6.1)',
    raw: /HTTP\/1\.0/,
    ours: /of HTTP\/1\.0 and has a transfer-encoding/,
    theirs: null,
  },
  {
    why: 'what stands before a status line belongs to another answer',
    raw: /^[\r\n]|\r\n\r\n[\r\n]+HTTP/,
    ours: /does not begin with HTTP/,
    theirs: null,
  },
  {
    why: 'other versions are not spoken (undici reads 0.9 and 2.0, RTSP and ICE too)',
    raw: /HTTP\/(?!1\.)|RTSP|ICE/,
    ours: /does not begin with HTTP/,
    theirs: null,
  },
  {
    why: 'a control character in a reason phrase is none (RFC 9112, 4)',
    raw: /HTTP\/1\.\d \d{3} [^\r\n]*(?!\r\n|\t)\p{Cc}/u,
    ours: /status line is/,
    theirs: null,
  },
  {
    why: 'a 100 that comes in pieces is an interim answer all the same (RFC 9110, 15.2)',
    raw: /HTTP\/1\.1 100/,
    ours: null,
    theirs: /interim answer that was not asked for/,
  },
  {
    why: 'a 100 is read like any other head (for undici it is cut out unread)',
    raw: /HTTP\/1\.1 100/,
    ours: /not valid HTTP|switched protocols/,
    theirs: null,
  },
  {
    why: 'what a chunk extension says is not used, so it may say nothing',
    raw: /;/,
    ours: null,
    theirs: /chunk extensions/,
  },
  {
    why: 'a trailer does not change where the answer ended (RFC 9112, 7.1.2)',
    raw: /0\r\n(.*\r\n)*content-length/,
    ours: null,
    theirs: /Content-Length can't be present with Transfer-Encoding/,
  },
];

const says = (outcome: Outcome, expected: RegExp | null): boolean =>
  outcome.kind === 'failure' ? (expected?.test(outcome.error) ?? false) : expected === null;

const sockets = createSockets(clock);
const answers = new Map<string, RawAnswer>();
const server = net.createServer({ noDelay: true }, socket => {
  socket.on('error', () => {});
  socket.once('data', async chunk => {
    const answer = answers.get(/ \/(\d+) /.exec(chunk.toString('latin1'))?.[1] ?? '');
    for (const piece of answer?.pieces ?? []) {
      socket.write(piece);
      await nextTurn();
    }
    socket.end();
  });
});
let port = 0;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  sockets.close();
  server.close();
});

const ask = async (connect: ConnectHttp, method: string, name: string): Promise<Outcome> => {
  const url = new URL(`http://127.0.0.1:${port}/${name}`);
  const peer = { host: '127.0.0.1', port };
  const connection = connect({ clock, sockets }, url, peer, null);
  const request = requestOf({ url, peer, method, headers: {}, body: null }, true);
  if (request.kind !== 'request') throw new Error(request.failure.error);
  const limit = setTimeout(() => connection.abort(), 10_000);
  const outcome = await new Promise<HttpResponse | HttpFailure>(onOutcome =>
    connection.exchange(
      { request, maxBodyBytes: MAX_BODY_BYTES, wantsFields: true, startedAtMs: 0, onOutcome },
      0,
    ),
  );
  clearTimeout(limit);
  connection.close();
  return outcome.kind === 'failure'
    ? { kind: 'failure', reason: outcome.failure.reason, error: outcome.failure.error }
    : {
        kind: 'response',
        status: outcome.statusCode,
        headers: headerMap(outcome.fields),
        body: bodyText(outcome.body),
      };
};

/** Of a failure only the reason has to agree: each client has its own words. */
const isSame = (ours: Outcome, theirs: Outcome): boolean =>
  ours.kind === 'failure' && theirs.kind === 'failure'
    ? ours.reason === theirs.reason
    : JSON.stringify(ours) === JSON.stringify(theirs);

let asked = 0;
const seen = new Map<string, number>();

const compare = async (answer: RawAnswer): Promise<void> => {
  const name = String(asked++);
  answers.set(name, answer);
  const [ours, theirs] = await Promise.all([
    ask(connectHttp, answer.method, name),
    ask(connectUndici, answer.method, name),
  ]);
  answers.delete(name);
  if (isSame(ours, theirs)) return;
  const raw = Buffer.concat(answer.pieces).toString('latin1');
  const known = differences.find(
    one => one.raw.test(raw) && says(ours, one.ours) && says(theirs, one.theirs),
  );
  if (known) seen.set(known.why, (seen.get(known.why) ?? 0) + 1);
  else expect(`${raw} is ${JSON.stringify(ours)}`).toBe(`${raw} is ${JSON.stringify(theirs)}`);
};

test('our client and undici take tens of thousands of answers for the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rawAnswers, { minLength: BATCH, maxLength: BATCH }), async batch => {
      await Promise.all(batch.map(compare));
    }),
    { numRuns: BATCHES, seed: 4, endOnFailure: true },
  );
  expect(asked).toBe(BATCHES * BATCH);
  expect([...seen.keys()].toSorted()).toEqual(differences.map(({ why }) => why).toSorted());
}, 180_000);
