import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/domain/clock.ts';
import { openOutput } from '../../../lib/local/log/output.ts';

const chatty = (stdout: 'pipe' | number) => {
  const script = join(import.meta.dirname, 'chatty-process.ts');
  const child = spawn(process.execPath, ['--no-warnings', script], { stdio: ['ignore', stdout, 'pipe'] });
  const said = text(child.stderr as NonNullable<typeof child.stderr>);
  const code = new Promise(resolve => child.once('exit', resolve));
  return { child, said, code };
};

test('a pipe that nobody reads neither stops the process nor keeps it from its end', async () => {
  const { child, said, code } = chatty('pipe');
  child.stdout?.pause();
  expect(await code).toBe(0);
  child.stdout?.destroy();
  expect(await said).toBe('all said\n');
});

test('a reader that leaves does not end the process', async () => {
  const { child, said, code } = chatty('pipe');
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await code).toBe(0);
  expect(await said).toBe('all said\n');
});

test('a reader that keeps up gets whole lines only', async () => {
  const { child, code } = chatty('pipe');
  const lines = (await text(child.stdout as NonNullable<typeof child.stdout>)).trimEnd().split('\n');
  expect(await code).toBe(0);
  for (const line of lines) expect(JSON.parse(line).kind).toBe('problem');
});

test('a file gets what was written, in order, once it is flushed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-log-'));
  const path = join(folder, 'log');
  const output = openOutput(openSync(path, 'w'), systemClock);
  for (let line = 0; line < 1000; line++) output.write(`${line}\n`);
  await output.flush(10_000);
  expect(output.waitingBytes()).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: 1000 }, (_, line) => `${line}\n`).join(''));
  rmSync(folder, { recursive: true });
});
