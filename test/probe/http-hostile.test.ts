import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import type { FailureReason } from '../../lib/domain/result.ts';
import { connectHttp } from '../../lib/probe/http/connection.ts';
import { requestOf } from '../../lib/probe/http/request.ts';
import type { Sockets } from '../../lib/probe/socket/socket.ts';
import { hostileAnswers, hostileContents, oddAnswers } from '../support/hostile-answers.ts';
import { hostileServer } from '../support/hostile-server.ts';
import { asking, endpointFor, httpCheck } from './asking.ts';

type Table<Names extends string> = { readonly [name in Names]: readonly [FailureReason, string | RegExp] };

const limits = { timeoutMs: 400 };
const reset = 'PEER closed the connection in the middle of the answer';

const answers: Table<keyof typeof hostileAnswers> = {
  'accepts and never answers': ['timeout', /^no answer headers within \d+ms$/],
  'sends its headers a byte at a time': ['timeout', /^the answer's headers did not end within \d+ms$/],
  'sends its body a byte at a time': ['timeout', /^the body did not end within \d+ms \(\d+ bytes came\)$/],
  'never ends its body': ['too-large', 'the body has more than 1048576 bytes'],
  'never ends its chunks': ['too-large', 'the body has more than 1048576 bytes'],
  'closes at once': ['protocol', 'PEER closed the connection without an answer'],
  'closes after the request': ['protocol', 'PEER closed the connection without an answer'],
  'resets after the request': ['protocol', 'PEER closed the connection without an answer'],
  'closes within the headers': ['protocol', reset],
  'resets within the headers': ['protocol', reset],
  'closes within the body': ['protocol', reset],
  'resets within the body': ['protocol', reset],
  'closes within a chunk': ['protocol', reset],
  'answers with noise': ['protocol', 'the answer is not valid HTTP: it does not begin with HTTP/1.1'],
  'answers with SSH': ['protocol', 'the answer is not valid HTTP: it does not begin with HTTP/1.1'],
  'speaks TLS': ['protocol', 'the answer is not valid HTTP: it does not begin with HTTP/1.1'],
  'has a header of 1 MB': ['protocol', 'the answer has more than 64 KiB of headers'],
  'has headers without end': ['protocol', 'the answer has more than 64 KiB of headers'],
  'has two lengths': ['protocol', 'the answer is not valid HTTP: it has two lengths that differ'],
  'has a length that is no number': ['protocol', 'the answer is not valid HTTP: "many" is no content-length'],
  'has chunks that are none': ['protocol', 'the answer is not valid HTTP: a chunk has no size that is one'],
  'sends 1xx without end': ['protocol', 'more than 32 1xx answers'],
  'sends 100 without end': ['protocol', 'more than 32 1xx answers'],
  'switches protocols': ['protocol', 'the server switched protocols, which was not asked for'],
};

const contents: Table<keyof typeof hostileContents> = {
  'packs a bomb with gzip': ['too-large', 'the unpacked body has more than 1048576 bytes'],
  'packs a bomb with brotli': ['too-large', 'the unpacked body has more than 1048576 bytes'],
  'calls plain text gzip': ['protocol', 'the body is not valid gzip: incorrect header check'],
  'cuts its gzip short': ['protocol', 'the body is not valid gzip: unexpected end of file'],
  'packs in an unknown way': ['protocol', 'unknown content-encoding "zip"'],
  'packs again and again': ['protocol', 'the body has 5 content-encodings'],
  'redirects to itself': ['redirect', 'more than 3 redirects'],
  'redirects to garbage': ['redirect', 'redirected to "http://[/", which is no http or https address'],
  'redirects to a file': [
    'redirect',
    'redirected to "file:///etc/passwd", which is no http or https address',
  ],
};

const matching = (text: string | RegExp, port: number): unknown =>
  typeof text === 'string' ? text.replace('PEER', `127.0.0.1:${port}`) : expect.stringMatching(text);

test.each(Object.entries(answers))('a server that %s: %j', async (name, [reason, error]) => {
  await using server = await hostileServer(hostileAnswers[name as keyof typeof hostileAnswers]);
  const { check } = asking();
  const result = await check(endpointFor(httpCheck(`http://127.0.0.1:${server.port}/`), limits));
  expect(result).toMatchObject({ ok: false, reason, error: matching(error, server.port) });
  expect(server.accepted()).toBe(1);
  await server.allClosed();
});

test.each(Object.entries(contents))('a server that %s: %j', async (name, [reason, error]) => {
  await using server = await hostileServer(hostileContents[name as keyof typeof hostileContents]);
  const { check, close } = asking();
  const url = `http://127.0.0.1:${server.port}/`;
  const result = await check(endpointFor(httpCheck(url, { followRedirects: 3 }), limits));
  expect(result).toMatchObject({ ok: false, reason, error });
  close();
  await server.allClosed();
});

test.each(Object.entries(oddAnswers))('a server that %s is up, again and again', async (_name, behaviour) => {
  await using server = await hostileServer(behaviour);
  const { check, close } = asking();
  const endpoint = endpointFor(httpCheck(`http://127.0.0.1:${server.port}/`));
  for (let count = 0; count < 3; count += 1) expect(await check(endpoint)).toMatchObject({ ok: true });
  close();
  await server.allClosed();
});

test('a server that answers before it is asked', async () => {
  await using server = await hostileServer(socket => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  const { check, close } = asking();
  const endpoint = endpointFor(httpCheck(`http://127.0.0.1:${server.port}/`), limits);
  for (let count = 0; count < 5; count += 1) await check(endpoint);
  expect(server.accepted()).toBeLessThanOrEqual(10);
  close();
});

test('a connection that ends before the request is written is not opened again and again', async () => {
  let opened = 0;
  const peer = { host: '127.0.0.1', port: 1 };
  const sockets: Sockets = {
    open: (_peer, _security, done) => {
      opened += 1;
      const socket = new Socket().destroy();
      setImmediate(done, null, socket);
      return { peer, socket, stage: 'open', dnsMs: null, connectMs: 1, tlsMs: null, certExpiresAtMs: null };
    },
    close: () => {},
  };
  const url = new URL('http://127.0.0.1:1');
  const connection = connectHttp({ clock: systemClock, sockets }, url, peer, null);
  const request = requestOf({ url, peer, method: 'GET', headers: {}, body: null }, false);
  if (request.kind !== 'request') throw new Error(request.failure.error);
  const outcome = await new Promise(onOutcome =>
    connection.exchange({ request, maxBodyBytes: 1, wantsFields: false, startedAtMs: 0, onOutcome }, 0),
  );
  expect(outcome).toMatchObject({ kind: 'failure', stale: false, failure: { reason: 'protocol' } });
  expect(opened).toBe(1);
  connection.close();
});
