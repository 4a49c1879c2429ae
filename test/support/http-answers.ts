import fc from 'fast-check';

/** An answer as a server sends it, piece by piece, before it closes the connection. */
export type RawAnswer = { readonly method: 'GET' | 'HEAD'; readonly pieces: readonly Buffer[] };

const statusLines = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found', 'HTTP/1.1 503') },
  {
    weight: 4,
    arbitrary: fc.constantFrom('HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified', 'HTTP/1.0 200 OK'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HTTP/1.1 20 OK',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1  200 OK',
      'HTTP/1.2 200 OK',
      'HTTP/2.0 200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1 099 OK',
      'HTTP/1.1 200\tOK',
      'HTTP/1.1 200 ',
      'HTTP/1.1 200 \x80\xff',
      'HTTP/1.1 101 Switching Protocols',
    ),
  },
);

const headers = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'server: nginx',
      'Content-Type: application/json',
      'X-Empty:',
      'set-cookie: a=1',
      'Set-Cookie: b=2',
      'x-latin: \xe4\xf6',
      'x-tabs:\ta\tb\t',
      'x-folded: one\r\n two',
      'connection: keep-alive',
      'connection: close',
      'Connection: X, Close',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'content-length : 2',
      ' content-length: 2',
      'content-length: 2, 2',
      'content-length: 2, 3',
      'content-length: +2',
      'content-length: -1',
      'content-length: 0x2',
      'content-length:',
      'content-length: 99999999999999999999',
      'content-length: 18446744073709551618',
      'transfer-encoding: gzip',
      'transfer-encoding: gzip, chunked',
      'transfer-encoding: chunked, gzip',
      'transfer-encoding: identity',
      'transfer-encoding:',
      'Transfer-Encoding: Chunked',
      'transfer-encoding: xchunked',
      'no colon',
      ': no name',
      'na me: x',
      'n\xe4me: x',
      'x-null: a\0b',
      'x-bell: a\x07b',
      'x-cr: a\rb',
      'x-lf: a\nb',
    ),
  },
);

const bodies = fc.oneof(
  fc.constantFrom('', 'ok', '{"status":"ok"}', '\r\n', 'HTTP/1.1 200 OK\r\n\r\n'),
  fc.string({ maxLength: 40, unit: 'binary-ascii' }),
);

const inChunks = (body: string, cut: number, ending: string, trailer: string): string => {
  const parts = [body.slice(0, cut), body.slice(cut)].filter(part => part !== '');
  return `${parts.map(part => `${part.length.toString(16)}${ending}\r\n${part}\r\n`).join('')}0\r\n${trailer}\r\n`;
};

const extensions = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(';a=b', ';a="b;c"', ' ', ' ;a', '\t', ';', ';a\x07') },
);
const trailers = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('x-sum: 1\r\n', 'x: 1\r\ny: 2\r\n', 'bad\r\n', 'content-length: 9\r\n'),
  },
);

/** Framing that fits the body, or nearly. */
const framed = fc
  .record({
    body: bodies,
    how: fc.constantFrom('length', 'length', 'chunked', 'chunked', 'close', 'both', 'wrong length'),
    cut: fc.nat(20),
    extension: extensions,
    trailer: trailers,
  })
  .map(({ body, how, cut, extension, trailer }) => {
    const length = `content-length: ${body.length}`;
    const chunked = 'transfer-encoding: chunked';
    const chunks = inChunks(body, cut, extension, trailer);
    switch (how) {
      case 'length':
        return { lines: [length], body };
      case 'wrong length':
        return { lines: [`content-length: ${Math.abs(body.length + cut - 10)}`], body };
      case 'chunked':
        return { lines: [chunked], body: chunks };
      case 'both':
        return { lines: [length, chunked], body: chunks };
      default:
        return { lines: [], body };
    }
  });

const interims = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n',
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n',
      '\r\n',
    ),
  },
);

const whole = fc
  .record({
    interim: interims,
    status: statusLines,
    before: fc.array(headers, { maxLength: 3 }),
    framed,
    after: fc.array(headers, { maxLength: 2 }),
    excess: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, { weight: 1, arbitrary: bodies }),
  })
  .map(
    ({ interim, status, before, framed: { lines, body }, after, excess }) =>
      `${interim}${[status, ...before, ...lines, ...after].join('\r\n')}\r\n\r\n${body}${excess}`,
  );

/** Bytes that mean something to a parser. */
const SPECIAL = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  '1',
  'f',
  '-',
  '\x7f',
  '\x80',
  '\xff',
];

const mutations = fc.array(
  fc.record({
    how: fc.constantFrom('insert', 'replace', 'delete', 'double'),
    where: fc.nat(9999),
    bytes: fc.constantFrom(...SPECIAL),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 3 },
);

type Mutation = {
  readonly how: string;
  readonly where: number;
  readonly bytes: string;
  readonly count: number;
};

const mutate = (text: string, { how, where, bytes, count }: Mutation): string => {
  const at = where % (text.length + 1);
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  if (how === 'insert') return head + bytes + tail;
  if (how === 'replace') return head + bytes + tail.slice(bytes.length);
  return how === 'delete' ? head + tail.slice(count) : head + tail.slice(0, count) + tail;
};

/** How an answer comes apart on its way: whole, at some bytes, or byte by byte. */
const cuts = fc.oneof(
  fc.constant([] as number[]),
  fc.array(fc.nat(9999), { minLength: 1, maxLength: 4 }),
  fc.constant('everywhere' as const),
);

const MOST_PIECES = 60;

const piecesOf = (bytes: Buffer, at: readonly number[] | 'everywhere'): readonly Buffer[] => {
  const places =
    at === 'everywhere'
      ? Array.from({ length: Math.min(MOST_PIECES, bytes.length) }, (_, index) => index)
      : at.map(place => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...places]
    .map((from, index, all) => bytes.subarray(from, all[index + 1] ?? bytes.length))
    .filter(piece => piece.length > 0);
};

/** Right ones, wrong ones, and right ones with some bytes changed. */
export const rawAnswers: fc.Arbitrary<RawAnswer> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
    text: whole,
    changes: fc.oneof(
      { weight: 1, arbitrary: fc.constant<Mutation[]>([]) },
      { weight: 2, arbitrary: mutations },
    ),
    at: cuts,
  })
  .map(({ method, text, changes, at }) => ({
    method: method as RawAnswer['method'],
    pieces: piecesOf(Buffer.from((changes as readonly Mutation[]).reduce(mutate, text), 'latin1'), at),
  }));
