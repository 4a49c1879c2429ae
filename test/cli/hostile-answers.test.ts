import { createServer, type OutgoingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { folderOf, type MonitorProcess, newFolder, startMonitorProcess } from '../support/monitor-process.ts';

const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

const listening = async (server: Server | TcpServer): Promise<number> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  atEnd.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

const answering = async (body: string, headers: OutgoingHttpHeaders = {}): Promise<number> => {
  const server = createServer((_, response) => response.writeHead(200, headers).end(body));
  atEnd.push(() => server.closeAllConnections());
  return listening(server);
};

const start = async (endpoints: string): Promise<MonitorProcess> => {
  const monitor = await startMonitorProcess([
    '--endpoints',
    folderOf({ 'e.yml': endpoints }),
    '--data',
    newFolder(),
  ]);
  atEnd.push(() => monitor.end('SIGKILL'));
  return monitor;
};

const ticksOf = async (monitor: MonitorProcess, id: string): Promise<{ readonly run: number }> =>
  ((await monitor.get(`/api/endpoints/${id}`)) as { readonly ticks: { readonly run: number } }).ticks;

const FREEZING = `${'a'.repeat(55)}!`;

test('an answer that freezes a backtracking engine fails its own check alone', async () => {
  const [bad, good] = [await answering(FREEZING), await answering('ok')];
  const banner = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.end(FREEZING);
  });
  const port = await listening(banner);
  const monitor = await start(`bad:
  scheme: http
  url: http://127.0.0.1:${bad}/
  interval: 100ms
  success_test: body.matches("^(a+)+$")
banner:
  scheme: tcp
  host: 127.0.0.1
  port: ${port}
  interval: 100ms
  expect_banner: ^(a+)+$
good:
  scheme: http
  url: http://127.0.0.1:${good}/
  interval: 100ms
`);
  for (const [endpoint, reason] of [
    ['bad', 'test'],
    ['banner', 'banner'],
  ])
    await monitor.line(
      line => line.kind === 'transition' && line.endpoint === endpoint && line.reason === reason,
    );
  const { run } = await ticksOf(monitor, 'good');
  await new Promise(resolve => setTimeout(resolve, 1000));
  expect((await ticksOf(monitor, 'good')).run).toBeGreaterThan(run + 3);
  expect(await monitor.get('/health')).toMatchObject({ status: 'ok' });
  expect(await monitor.end()).toBe(0);
});

test('an answer whose test takes too long fails with what took long, and the others go on', async () => {
  const items = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, parent: -1 })));
  const [bad, good] = [await answering(items), await answering('ok')];
  const monitor = await start(`bad:
  scheme: http
  url: http://127.0.0.1:${bad}/
  interval: 500ms
  success_test: json.all(a, json.all(b, b.id != a.parent))
good:
  scheme: http
  url: http://127.0.0.1:${good}/
  interval: 100ms
`);
  const failed = await monitor.line(line => line.kind === 'transition' && line.endpoint === 'bad');
  expect(failed).toMatchObject({
    state: 'fail',
    reason: 'test',
    error: expect.stringContaining('ended after 50 ms, all over 20000 items took too long on this answer'),
  });
  await monitor.line(line => line.kind === 'transition' && line.endpoint === 'good' && line.state === 'ok');
  expect(await monitor.end()).toBe(0);
});

test('what an answer brings along is not searched, read or split in time that it chooses', async () => {
  const json = JSON.stringify({
    text: 'a'.repeat(600_000),
    part: `${'a'.repeat(150_000)}b${'a'.repeat(150_000)}`,
    span: '9'.repeat(100_000),
  });
  const bad = await answering(json, { 'x-blanks': `a${' '.repeat(60_000)}b` });
  const good = await answering('ok');
  const monitor = await start(`defaults: { scheme: http, url: "http://127.0.0.1:${bad}/", interval: 250ms }
contains: { success_test: json.text.contains(json.part) }
duration: { success_test: duration(json.span) > duration("1s") }
headers: { success_test: 'headers["x-blanks"] == "b"' }
good: { url: "http://127.0.0.1:${good}/", interval: 100ms }
`);
  for (const endpoint of ['contains', 'duration', 'headers'])
    await monitor.line(
      line => line.kind === 'transition' && line.endpoint === endpoint && line.reason === 'test',
    );
  const { run } = await ticksOf(monitor, 'good');
  await new Promise(resolve => setTimeout(resolve, 1000));
  expect((await ticksOf(monitor, 'good')).run).toBeGreaterThan(run + 3);
  expect(await monitor.end()).toBe(0);
});
