import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bodyText } from '../../lib/probe/http/body.ts';
import { headerMap, headerValue } from '../../lib/probe/http/headers.ts';
import {
  expectAnswer,
  newReader,
  READ_BYTES,
  type Reader,
  read,
  readEnd,
  release,
} from '../../lib/probe/http/reader.ts';

/** As a connection reads: every piece into the same buffer, which still holds the pieces before it. */
const buffer = Buffer.alloc(READ_BYTES, 'HTTP/1.1 500 Left\r\ncontent-length: 3\r\n\r\n');

const readPieces = (reader: Reader, pieces: readonly string[]): string | null => {
  for (const piece of pieces) {
    const failure = read(reader, buffer, buffer.write(piece, 0, 'latin1'));
    if (failure !== null) return failure.error;
  }
  return null;
};

const answerIn = (reader: Reader) => ({
  stage: reader.stage,
  status: reader.head?.statusCode,
  persistent: reader.head?.persistent,
  body: bodyText(release(reader)),
  excess: reader.excess,
});

const answer = (...lines: readonly string[]): string => `${lines.join('\r\n')}`;

const right: readonly (readonly [string, number, string, boolean])[] = [
  [answer('HTTP/1.1 200 OK', 'Content-Length: 2', '', 'ok'), 200, 'ok', true],
  [answer('HTTP/1.1 200', 'content-length:002', '', 'ok'), 200, 'ok', true],
  [answer('HTTP/1.1 200 OK', 'content-length: 2, 2', 'Content-Length: 2', '', 'ok'), 200, 'ok', true],
  [answer('HTTP/1.1 503 Gone Fishing', 'connection: close', 'content-length: 0', '', ''), 503, '', false],
  [answer('HTTP/1.0 200 OK', 'content-length: 2', '', 'ok'), 200, 'ok', false],
  [answer('HTTP/1.0 200 OK', 'connection: Keep-Alive', 'content-length: 2', '', 'ok'), 200, 'ok', true],
  [answer('HTTP/1.1 204 No Content', '', ''), 204, '', true],
  [answer('HTTP/1.1 304 Not Modified', 'content-length: 9', '', ''), 304, '', true],
  [answer('HTTP/1.1 100 Continue', '', 'HTTP/1.1 200 OK', 'content-length: 2', '', 'ok'), 200, 'ok', true],
  [
    answer(
      'HTTP/1.1 200 OK',
      'transfer-encoding: chunked',
      '',
      '1',
      'o',
      '01;x="y;z"',
      'k',
      '0',
      'x-sum: 1',
      '',
      '',
    ),
    200,
    'ok',
    true,
  ],
  [answer('HTTP/1.1 200 OK', 'x-folded: a', '\t b', 'content-length:', '  3', '', ' ok'), 200, ' ok', true],
];

test.each(right)('%j, cut anywhere, again and again on one connection', (text, status, body, persistent) => {
  const reader = newReader();
  const cuts = [
    [text],
    [...text],
    ...Array.from({ length: text.length - 1 }, (_, at) => [text.slice(0, at + 1), text.slice(at + 1)]),
  ];
  for (const pieces of cuts) {
    expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 100 });
    expect(readPieces(reader, pieces)).toBeNull();
    expect(answerIn(reader)).toEqual({ stage: 'done', status, persistent, body, excess: false });
  }
});

test.each([
  [['HTTP/1.1 200 OK\nx: y\n\n'], 'its status line is "HTTP/1.1 200 OK"'],
  [['HTTP/1.1 200 OK\r\nx: y', '\n\n'], 'a line of its head ends with a bare line feed'],
  [['HTTP/1.1 200 OK\r\nx: y\rz\r\n\r\n'], 'a header holds a control character'],
  [['HTTP/1.1 200 OK\r\nx: y\0\r\n\r\n'], 'a header holds a control character'],
  [['HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n'], 'a header has no name that is one'],
  [['HTTP/1.1 200 OK\r\n content-length: 2\r\n\r\n'], 'a header has no name that is one'],
  [['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n'], 'it has two lengths that differ'],
  [['HTTP/1.1 200 OK\r\ncontent-length: 2,3\r\n\r\n'], 'it has two lengths that differ'],
  [['HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n'], '"-2" is no content-length'],
  [
    ['HTTP/1.1 200 OK\r\ncontent-length: 9007199254740993\r\n\r\n'],
    '"9007199254740993" is no content-length',
  ],
  [
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'],
    'it has both a content-length and chunks',
  ],
  [['HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n'], 'its transfer-encoding is "xchunked"'],
  [['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '-1\r\n'], 'a chunk has no size that is one'],
  [
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1000000000000\r\n'],
    'a chunk has no size that is one',
  ],
  [['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '2\nok'], 'a chunk has no size that is one'],
  [
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '2\r\nokk'],
    'a chunk does not end where its size says',
  ],
])('%j is refused', (pieces, what) => {
  const reader = newReader();
  expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 100 });
  expect(readPieces(reader, pieces)).toBe(`the answer is not valid HTTP: ${what}`);
});

test('a body of chunks of a byte each is gathered in one piece', () => {
  const reader = newReader();
  expectAnswer(reader, false, { wantsFields: false, maxBodyBytes: 10_000 });
  expect(readPieces(reader, ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'])).toBeNull();
  for (let count = 0; count < 5000; count++) expect(readPieces(reader, ['1\r\nx\r\n'])).toBeNull();
  expect(readPieces(reader, ['0\r\n\r\n'])).toBeNull();
  expect(answerIn(reader)).toMatchObject({ stage: 'done', body: 'x'.repeat(5000) });
});

test('the answer to a HEAD has no body, whatever its length says', () => {
  const reader = newReader();
  expectAnswer(reader, true, { wantsFields: true, maxBodyBytes: 100 });
  expect(readPieces(reader, ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'])).toBeNull();
  expect(answerIn(reader)).toMatchObject({ stage: 'done', body: '', excess: false });
});

test('a body without a length ends with the connection, one with a length does not', () => {
  const reader = newReader();
  expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 100 });
  readPieces(reader, ['HTTP/1.1 200 OK\r\n\r\n', 'o', 'k']);
  expect(readEnd(reader)).toBe(true);
  expect(answerIn(reader)).toMatchObject({ stage: 'done', body: 'ok' });
  expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 100 });
  readPieces(reader, ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 'ok']);
  expect(readEnd(reader)).toBe(false);
});

test('bytes behind an answer are told', () => {
  const reader = newReader();
  expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 100 });
  readPieces(reader, ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1']);
  expect(answerIn(reader)).toMatchObject({ stage: 'done', body: 'ok', excess: true });
});

test('a small body that did not change is the same object, with what is known of it', () => {
  const reader = newReader();
  const bodyOf = (body: string) => {
    expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 10_000 });
    readPieces(reader, [`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`]);
    return release(reader);
  };
  const first = bodyOf('{"status":"ok"}');
  expect(bodyOf('{"status":"ok"}')).toBe(first);
  expect(bodyOf('{"status":"no"}')).not.toBe(first);
  expect(bodyOf('a'.repeat(5000))).not.toBe(bodyOf('a'.repeat(5000)));
});

test('headers by name: the first value, all joined, unfolded', () => {
  const reader = newReader();
  expectAnswer(reader, false, { wantsFields: true, maxBodyBytes: 100 });
  readPieces(reader, ['HTTP/1.1 204\r\nVia: a \r\nX-Folded: one\r\n \t two\r\nvia:b\r\nempty:\r\n\r\n']);
  const fields = reader.head?.fields ?? '';
  expect(headerValue(fields, 'via')).toBe('a');
  expect(headerValue(fields, 'x-folded')).toBe('one   \t two');
  expect(headerValue(fields, 'none')).toBeNull();
  expect({ ...headerMap(fields) }).toEqual({ via: 'a, b', 'x-folded': 'one   \t two', empty: '' });
});

test('blanks around values are none of them', () => {
  const plain = /^([^:\r\n]+):[ \t]*([^\r\n]*?)[ \t]*$/gm;
  const text = fc.string({ unit: fc.constantFrom('a', 'B', ':', ' ', '\t', '\r\n', '\u00a0') });
  fc.assert(
    fc.property(text, fields => {
      const expected: { [name: string]: string } = {};
      for (const [, name = '', value = ''] of fields.matchAll(plain)) {
        const key = name.toLowerCase();
        expected[key] = expected[key] === undefined ? value : `${expected[key]}, ${value}`;
      }
      expect({ ...headerMap(fields) }).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});
