import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/domain/clock.ts';
import { runCommand } from '../../../lib/local/targets/command.ts';
import { hastyClock, sendTo } from './example-send.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peregrine-run-'));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (command: readonly string[], timeoutMs = 10_000, deps: Parameters<typeof sendTo>[1] = {}) =>
  sendTo({ kind: 'run', command, timeoutMs }, deps);
const shell = (line: string, timeoutMs?: number, deps?: Parameters<typeof sendTo>[1]) =>
  run(['/bin/sh', '-c', line], timeoutMs, deps);

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A killed process is there until its new parent has noticed. */
const isGone = async (pid: number) => {
  for (let tries = 0; tries < 100 && isRunning(pid); tries++) await sleep(50);
  return !isRunning(pid);
};

test('the command gets the transition on stdin and in variables, but no secret', async () => {
  const file = join(folder, 'got');
  const env = { ...process.env, PEREGRINE_SECRET_DATADOG: 'k', FROM_OUTSIDE: 'yes' };
  const command = [
    '/bin/sh',
    '-c',
    `cat > ${file}.json; env > ${file}.env; echo "$1" > ${file}.arg`,
    'sh',
    '$HOME',
  ];
  expect(await run(command, 10_000, { env })()).toEqual({ kind: 'accepted' });
  expect(JSON.parse(await readFile(`${file}.json`, 'utf8'))).toMatchObject({
    id: 'shop-example-com-health#7',
    endpoint: 'shop-example-com-health',
    state: 'fail',
  });
  const variables = await readFile(`${file}.env`, 'utf8');
  expect(variables).toContain('PEREGRINE_STATE=fail\n');
  expect(variables).toContain('PEREGRINE_TRANSITION_ID=shop-example-com-health#7\n');
  expect(variables).toContain('FROM_OUTSIDE=yes\n');
  expect(variables).not.toContain('PEREGRINE_SECRET');
  expect(await readFile(`${file}.arg`, 'utf8')).toBe('$HOME\n');
});

test('an exit code other than 0 has failed, with the last line it wrote', async () => {
  expect(await shell('echo first; echo "no such table" >&2; exit 3')()).toEqual({
    kind: 'failed',
    error: '/bin/sh ended with exit code 3: no such table',
    afterMs: null,
  });
  expect(await shell('exit 1')()).toMatchObject({ error: '/bin/sh ended with exit code 1' });
});

test('of a flood of output only the end is kept', async () => {
  const outcome = await shell('head -c 3000000 /dev/zero | tr "\\0" x; echo; echo the end; exit 1')();
  expect(outcome).toMatchObject({ error: '/bin/sh ended with exit code 1: the end' });
  const endless = await shell('head -c 3000000 /dev/zero | tr "\\0" x; exit 1')();
  expect(endless).toMatchObject({ error: expect.stringMatching(/^.{30,60}: x{300}…$/) });
});

test('no more than 64 KiB of output are kept in memory', async () => {
  const argv = ['/bin/sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'];
  const { signal } = new AbortController();
  const end = await runCommand(systemClock, { argv, env: process.env, stdin: '', timeoutMs: 10_000 }, signal);
  expect(end).toMatchObject({ kind: 'exit', output: 'x'.repeat(64 * 1024) });
});

test('a program that is missing or may not be run has failed', async () => {
  expect(await run(['no-such-program'])()).toEqual({
    kind: 'failed',
    error: 'there is no program "no-such-program"',
    afterMs: null,
  });
  expect(await run([folder])()).toMatchObject({
    kind: 'failed',
    error: `"${folder}" may not be run: it is not executable, or a folder`,
  });
  expect(await run(['/bin/echo', 'a\0b'])()).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining('cannot be started: '),
  });
});

test('a command that does not read its input is fine', async () => {
  const values = { status: 'x'.repeat(500_000) };
  expect(await shell('exec 0<&-; sleep 0.1')({ values })).toEqual({ kind: 'accepted' });
});

test('a command that ends by a signal says which', async () => {
  expect(await shell('kill -TERM $$')()).toMatchObject({ error: '/bin/sh was ended by SIGTERM' });
});

test('a command past its time gets SIGINT, with all it started', async () => {
  const file = join(folder, 'interrupted');
  const line = `trap 'echo bye > ${file}; exit 0' INT; sleep 600 & echo $! > ${file}.pid; wait`;
  expect(await shell(line, 500)()).toEqual({
    kind: 'failed',
    error: '/bin/sh did not end within 0.5 s and was stopped',
    afterMs: null,
  });
  expect(await readFile(file, 'utf8')).toBe('bye\n');
  expect(await isGone(Number(await readFile(`${file}.pid`, 'utf8')))).toBe(true);
});

test('a command that ignores SIGINT is killed, with all it started', async () => {
  const file = join(folder, 'killed.pid');
  const line = `trap '' INT; sleep 600 & echo $! > ${file}; sleep 600`;
  expect(await shell(line, 5000, { clock: hastyClock })()).toMatchObject({
    error: '/bin/sh did not end within 5 s and was stopped',
  });
  expect(await isGone(Number(await readFile(file, 'utf8')))).toBe(true);
});

test('a child that is left behind does not hold up the outcome, and lives on', async () => {
  const file = join(folder, 'behind.pid');
  expect(await shell(`sleep 600 & echo $! > ${file}`)()).toEqual({ kind: 'accepted' });
  const pid = Number(await readFile(file, 'utf8'));
  expect(isRunning(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});

test('a stop ends a command under way', async () => {
  const stop = new AbortController();
  const outcome = shell('sleep 600')({}, stop.signal);
  await sleep(100);
  stop.abort();
  expect(await outcome).toMatchObject({ kind: 'failed', error: '/bin/sh was stopped with the monitor' });
  expect(await shell('true')({}, stop.signal)).toMatchObject({ kind: 'failed' });
});

test('no more than 16 commands run at once, and all get their turn', async () => {
  const file = join(folder, 'at-once');
  const send = shell(`echo + >> ${file}; sleep 0.2; echo - >> ${file}`);
  const outcomes = await Promise.all(Array.from({ length: 24 }, () => send()));
  expect(outcomes).toEqual(Array.from({ length: 24 }, () => ({ kind: 'accepted' })));
  let atOnce = 0;
  const counts = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map(line => {
      atOnce += line === '+' ? 1 : -1;
      return atOnce;
    });
  expect(counts).toHaveLength(48);
  expect(Math.max(...counts)).toBeLessThanOrEqual(16);
  expect(Math.max(...counts)).toBeGreaterThan(1);
});
