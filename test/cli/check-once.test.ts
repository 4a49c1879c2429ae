import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'check-once-'));
const server = createServer((_, response) => response.end('{"status":"ok"}'));

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const success = 'success_test: { key: status, value: ok }';
  writeFileSync(
    join(folder, 'shop.yml'),
    `shop:\n  url: http://127.0.0.1:${port}\n  scheme: http\n  ${success}\n`,
  );
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const checkOnce = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, ['lib/cli/check-once.ts', '--endpoints', folder, ...args]);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr, status: child.exitCode ?? (await once(child, 'exit'))[0] };
};

test.each(['own', 'undici'])('one check through the client %s', async client => {
  const { stdout, status } = await checkOnce('shop', '--http-client', client);
  expect(stdout).toContain('ok\n');
  expect(stdout).toContain('status code 200');
  expect(stdout).toContain('passed  status is "ok"');
  expect(status).toBe(0);
});

test('a client that there is not', async () => {
  expect(await checkOnce('shop', '--http-client', 'curl')).toEqual({
    stdout: '',
    stderr: 'npm run check-once: --http-client is "curl", not own or undici.\n',
    status: 2,
  });
});
