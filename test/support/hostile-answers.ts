import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { answering, answeringOnce, type Behaviour, onRequest } from './hostile-server.ts';

const head = (...lines: readonly string[]): string => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;

const withBody = (body: Buffer, ...lines: readonly string[]): Behaviour =>
  answering(head(`content-length: ${body.length}`, ...lines), body);

/** Writes one more byte again and again, until the other side is gone. */
const trickle = (socket: Socket, text: string): void => {
  let index = 0;
  const timer = setInterval(() => socket.write(text[index++ % text.length] ?? ''), 20);
  socket.on('close', () => clearInterval(timer));
};

/** Writes as fast as the other side reads. */
const flood = (socket: Socket, bytes: string): void => {
  const pour = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', pour);
  pour();
};

const megabytes = (count: number): Buffer => Buffer.alloc(count * 2 ** 20);

/** Everything that can go wrong while an answer of http is sent. */
export const hostileAnswers = {
  'accepts and never answers': () => {},
  'sends its headers a byte at a time': onRequest(socket =>
    trickle(socket, 'HTTP/1.1 200 OK\r\nx-slow: aaaaaaaa'),
  ),
  'sends its body a byte at a time': onRequest(socket => {
    socket.write(head('content-length: 100000'));
    trickle(socket, 'a');
  }),
  'never ends its body': onRequest(socket => {
    socket.write(head());
    flood(socket, 'a'.repeat(65_536));
  }),
  'never ends its chunks': onRequest(socket => {
    socket.write(head('transfer-encoding: chunked'));
    flood(socket, `4000\r\n${'a'.repeat(0x4000)}\r\n`);
  }),
  'closes at once': socket => socket.destroy(),
  'closes after the request': onRequest(socket => socket.end()),
  'resets after the request': onRequest(socket => socket.resetAndDestroy()),
  'closes within the headers': answeringOnce('HTTP/1.1 200 OK\r\ncontent-le'),
  'resets within the headers': onRequest(socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-le', () => setTimeout(() => socket.resetAndDestroy(), 20));
  }),
  'closes within the body': answeringOnce(head('content-length: 100'), 'short'),
  'resets within the body': onRequest(socket => {
    socket.write(`${head('content-length: 100')}short`, () => setTimeout(() => socket.resetAndDestroy(), 20));
  }),
  'closes within a chunk': answeringOnce(head('transfer-encoding: chunked'), '64\r\nshort'),
  'answers with noise': answering(Buffer.from([0xff, 0x00, 0x13, 0x37, 0x0a, 0x0d, 0x80])),
  'answers with SSH': onRequest(socket => socket.write('SSH-2.0-OpenSSH_9.9\r\n')),
  'speaks TLS': onRequest(socket => socket.write(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]))),
  'has a header of 1 MB': answering('HTTP/1.1 200 OK\r\nx-huge: ', 'a'.repeat(2 ** 20), '\r\n\r\n'),
  'has headers without end': onRequest(socket => {
    socket.write('HTTP/1.1 200 OK\r\n');
    flood(socket, 'x-more: yes\r\n'.repeat(1000));
  }),
  'has two lengths': answering(head('content-length: 2', 'content-length: 3'), 'okk'),
  'has a length that is no number': answering(head('content-length: many'), 'ok'),
  'has chunks that are none': answering(head('transfer-encoding: chunked'), 'not a size\r\n'),
  'sends 1xx without end': onRequest(socket => flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10))),
  'sends 100 without end': onRequest(socket => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(10))),
  'switches protocols': answering(
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ),
} satisfies { readonly [name: string]: Behaviour };

/** Answers that are sent as they should be, and hurt once they are read. */
export const hostileContents = {
  'packs a bomb with gzip': withBody(gzipSync(megabytes(64)), 'content-encoding: gzip'),
  'packs a bomb with brotli': withBody(brotliCompressSync(megabytes(64)), 'content-encoding: br'),
  'calls plain text gzip': withBody(Buffer.from('not gzip at all'), 'content-encoding: gzip'),
  'cuts its gzip short': withBody(gzipSync('hello, hello').subarray(0, 20), 'content-encoding: gzip'),
  'packs in an unknown way': withBody(Buffer.from('zip'), 'content-encoding: zip'),
  'packs again and again': withBody(Buffer.from('x'), 'content-encoding: gzip, gzip, gzip, gzip, gzip'),
  'redirects to itself': answering('HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'),
  'redirects to garbage': answering('HTTP/1.1 302 Found\r\nlocation: http://[/\r\ncontent-length: 0\r\n\r\n'),
  'redirects to a file': answering(
    'HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n',
  ),
} satisfies { readonly [name: string]: Behaviour };

/** Odd, but right. */
export const oddAnswers = {
  'sends a body that is not UTF-8': withBody(Buffer.from([0x6f, 0x6b, 0xff, 0xfe, 0x80])),
  'sends a body with 204': answering('HTTP/1.1 204 No Content\r\n\r\nthis must not be here'),
  'sends 100 and 103 first': answering(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n',
    head('content-length: 2'),
    'ok',
  ),
  'ends its body by closing': answeringOnce(head(), 'ok'),
  'answers twice': answering(head('content-length: 2'), 'ok', head('content-length: 2'), 'no'),
  'closes each connection': answeringOnce(head('content-length: 2', 'connection: close'), 'ok'),
} satisfies { readonly [name: string]: Behaviour };
