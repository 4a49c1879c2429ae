import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { Failure } from '../../lib/probe/answer/answer.ts';
import { listen, type StreamEndpoint, wantedFrom } from '../../lib/probe/socket/banner.ts';
import { type Behaviour, hostileServer } from '../support/hostile-server.ts';
import { asking, endpointFor, tcpCheck, tlsCheck } from './asking.ts';

const { check, probe, close } = asking();
afterEach(close);

const says =
  (...lines: readonly string[]): Behaviour =>
  socket => {
    for (const line of lines) socket.write(line);
  };

test('a port that accepts is up, and the connection is closed', async () => {
  await using server = await hostileServer(() => {});
  expect(await check(endpointFor(tcpCheck(server.port)))).toMatchObject({
    ok: true,
    statusCode: null,
    phases: { dnsMs: null, connectMs: expect.any(Number), tlsMs: null, ttfbMs: null },
  });
  expect(server.accepted()).toBe(1);
  await server.allClosed();
});

test('a port that nobody listens on', async () => {
  const server = await hostileServer(() => {});
  await server[Symbol.asyncDispose]();
  expect(await check(endpointFor(tcpCheck(server.port)))).toMatchObject({
    reason: 'connect',
    error: `connection refused by 127.0.0.1:${server.port}`,
  });
});

test('what is sent arrives', async () => {
  let received = '';
  await using server = await hostileServer(socket => {
    socket.on('data', chunk => {
      received += chunk;
    });
  });
  expect(await check(endpointFor(tcpCheck(server.port, { send: 'PING\r\n' })))).toMatchObject({ ok: true });
  await server.allClosed();
  expect(received).toBe('PING\r\n');
});

test('a banner is matched over pieces, and a test can read it', async () => {
  await using server = await hostileServer(socket => {
    socket.write('SSH-');
    setTimeout(() => socket.write('2.0-OpenSSH_9.9\r\n'), 20);
  });
  const endpoint = endpointFor(tcpCheck(server.port, { expectBanner: '^SSH-2\\.0-\\w+' }), {
    successTests: [{ kind: 'cel', expression: 'banner.startsWith("SSH-2.0-OpenSSH") && connect_ms >= 0' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true });
  await server.allClosed();
});

test('a test alone makes the check wait for what comes first', async () => {
  await using server = await hostileServer(says('220 ready\r\n'));
  const endpoint = endpointFor(tcpCheck(server.port), {
    successTests: [{ kind: 'cel', expression: 'banner.startsWith("220")' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true });
});

const noBanner: readonly (readonly [string, Behaviour, string, unknown])[] = [
  [
    'closes with another banner',
    socket => socket.end('no\r\n'),
    'banner',
    'the connection was closed without a match for /^yes/: "no"',
  ],
  [
    'closes at once',
    socket => socket.end(),
    'banner',
    'the connection was closed without a match for /^yes/: ""',
  ],
  [
    'floods',
    says('x'.repeat(70_000)),
    'banner',
    `64 KiB came without a match for /^yes/: "${'x'.repeat(100)}…"`,
  ],
  [
    'says another thing and waits',
    says('no\u0007\n'),
    'timeout',
    expect.stringMatching(/^nothing that is wanted came within \d+ms: "no"$/),
  ],
  ['is silent', () => {}, 'timeout', expect.stringMatching(/^nothing that is wanted came within \d+ms: ""$/)],
  [
    'resets',
    socket => {
      socket.write('n', () => setTimeout(() => socket.resetAndDestroy(), 20));
    },
    'protocol',
    expect.stringMatching(/closed the connection$/),
  ],
];

test.each(noBanner)('a server that %s has no banner', async (_name, behaviour, reason, error) => {
  await using server = await hostileServer(behaviour);
  const endpoint = endpointFor(tcpCheck(server.port, { expectBanner: '^yes' }), { timeoutMs: 300 });
  expect(await check(endpoint)).toMatchObject({ ok: false, reason, error });
  await server.allClosed();
});

test('tls has banners too', async () => {
  await using server = await hostileServer(socket => socket.write('220 secure\r\n'), 'localhost');
  const options = { verify: false, servername: null, caFile: null };
  const endpoint = endpointFor(tlsCheck(server.port, { expectBanner: '^220 ', tls: options }));
  expect(await check(endpoint)).toMatchObject({ ok: true, phases: { tlsMs: expect.any(Number) } });
});

test('an abort closes the connection', async () => {
  await using server = await hostileServer(() => {});
  const controller = new AbortController();
  const checking = probe(endpointFor(tcpCheck(server.port, { expectBanner: 'x' })), controller.signal);
  setTimeout(() => controller.abort(), 50);
  expect(await checking).toMatchObject({ reason: 'timeout' });
  await server.allClosed();
});

/** Says its port, and never turns its loop again to accept. */
const DEAF = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

const deafServer = async () => {
  const child = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    port: Number(port),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

test('a server whose queue is full does not answer', async () => {
  await using server = await deafServer();
  const filling = Array.from({ length: 8 }, () =>
    net.connect(server.port, '127.0.0.1').on('error', () => {}),
  );
  await once(filling[0] as net.Socket, 'connect');
  const result = await check(endpointFor(tcpCheck(server.port), { timeoutMs: 300 }));
  for (const socket of filling) socket.destroy();
  expect(result).toMatchObject({
    reason: 'timeout',
    error: expect.stringMatching(/^no TCP connection to 127\.0\.0\.1:\d+ within \d+ms$/),
  });
});

test('a banner that comes in very many small pieces is not searched for each of them', () => {
  const wanted = wantedFrom(endpointFor(tcpCheck(1, { expectBanner: '^220' })) as StreamEndpoint);
  if (wanted.kind !== 'match') throw new Error('no pattern');
  const socket = new net.Socket();
  let failure: Failure | null = null;
  listen(socket, wanted, end => {
    failure = end;
  });
  for (let piece = 0; failure === null && piece < 64 * 1024 - 1; piece++)
    socket.emit('data', Buffer.from('a'));
  expect(failure).toMatchObject({
    reason: 'banner',
    error: expect.stringContaining('very many small pieces came without a match for /^220/'),
  });
});
