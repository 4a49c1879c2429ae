import { getEventListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ExecCheck } from '../../lib/domain/endpoint.ts';
import { asking, endpointFor, shellCheck } from './asking.ts';
import { gone } from './processes.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exec-'));
});
afterEach(() => rm(folder, { recursive: true }));

const { check, probe, close } = asking();

const program = (name: string, ...args: readonly string[]): ExecCheck =>
  shellCheck('', { command: { kind: 'program', program: name, arguments: args } });

/** Signals at 300 and 600 ms. */
const impatient = { interruptAfterMs: 300, killAfterMs: 600 };
/** Busy machines are late. */
const interrupted = { interruptAfterMs: 300, killAfterMs: 5000 };
const impatiently = { timeoutMs: 300 };

const pidIn = (file: string): number => Number(readFileSync(path.join(folder, file), 'utf8'));

test('exit code 0 is a success, and its JSON has values', async () => {
  const endpoint = endpointFor(shellCheck(`echo '{"status":"ok","n":[1,2]}'; echo noise >&2`), {
    jsonValues: ['status', 'n.1'],
  });
  expect(await check(endpoint)).toMatchObject({
    ok: true,
    exitCode: 0,
    statusCode: null,
    values: { status: 'ok', 'n.1': 2 },
  });
});

test('arguments reach a program as they are', async () => {
  const endpoint = endpointFor(program('/usr/bin/printf', '%s', '$HOME "x" *'), {
    successTests: [{ kind: 'cel', expression: `output == '$HOME "x" *' && exit_code == 0` }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true });
});

test.each([
  ['exit 3', 'exit', 'exit code 3', 3],
  ['echo one; echo "two 2"; exit 1', 'exit', 'exit code 1: two 2', 1],
  ['echo out; echo err >&2; exit 1', 'exit', /^exit code 1: (err|out)$/, 1],
  ['kill -SEGV $$', 'signal', 'killed by SIGSEGV', null],
  [
    'head -c 100000 /dev/zero | tr "\\0" x; exit 1',
    'exit',
    /^exit code 1: x{200}… \(output cut at 64 KiB\)$/,
    1,
  ],
  ['printf "\\377\\376bad"; exit 1', 'exit', /^exit code 1: .*bad$/, 1],
])('%s: %s', async (line, reason, error, exitCode) => {
  const text = typeof error === 'string' ? error : expect.stringMatching(error);
  expect(await check(endpointFor(shellCheck(line)))).toMatchObject({
    ok: false,
    reason,
    error: text,
    exitCode,
  });
});

test('a success_test takes the place of the exit code', async () => {
  const endpoint = endpointFor(shellCheck('exit 2'), {
    successTests: [{ kind: 'cel', expression: 'exit_code == 2 && latency_ms > 0' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true, exitCode: 2 });
});

test('programs that cannot be started say why', async () => {
  const plain = path.join(folder, 'plain');
  await writeFile(plain, 'no program');
  const cases: readonly (readonly [ExecCheck, string])[] = [
    [program('/no/such/program'), 'there is no program "/no/such/program"'],
    [program(plain), `"${plain}" may not be run: it is not executable, or a folder`],
    [program(folder), `"${folder}" may not be run: it is not executable, or a folder`],
    [program('/bin/echo', 'x'.repeat(3_000_000)), 'the arguments and the environment are too long'],
  ];
  for (const [command, error] of cases)
    expect(await check(endpointFor(command))).toMatchObject({ ok: false, reason: 'spawn', error });
});

test('the output of a program that never stops talking is bounded', async () => {
  const endpoint = endpointFor(shellCheck('yes', interrupted), impatiently);
  expect(await check(endpoint)).toMatchObject({
    reason: 'timeout',
    error: expect.stringMatching(/^the program was ended with SIGINT after .*: y \(output cut at 64 KiB\)$/),
  });
});

test('SIGINT reaches the whole group', async () => {
  // The shell waits for its child, whatever it is sent itself.
  const result = await check(endpointFor(shellCheck('sleep 30; sleep 30', interrupted), impatiently));
  expect(result).toMatchObject({
    reason: 'timeout',
    error: expect.stringMatching(/^the program was ended with SIGINT after/),
  });
});

test('SIGKILL ends a group that ignores SIGINT', async () => {
  const line = `trap '' INT; sh -c 'trap "" INT; echo $$ > ${folder}/child; while :; do sleep 0.05; done' & wait; while :; do sleep 0.05; done`;
  const result = await check(endpointFor(shellCheck(line, impatient), impatiently));
  expect(result).toMatchObject({
    reason: 'timeout',
    error: expect.stringMatching(/^the program was ended with SIGKILL after/),
  });
  expect(await gone(pidIn('child'))).toBe(true);
});

test('exit code 0 after the timeout is a timeout all the same', async () => {
  const slow = shellCheck(`trap 'exit 0' INT; while :; do sleep 0.02; done`, impatient);
  expect(await check(endpointFor(slow, impatiently))).toMatchObject({ reason: 'timeout', exitCode: 0 });
  const late = shellCheck('sleep 0.4', { interruptAfterMs: 5000, killAfterMs: 6000 });
  expect(await check(endpointFor(late, { timeoutMs: 100 }))).toMatchObject({
    reason: 'timeout',
    error: expect.stringMatching(/^the program ended only after/),
  });
});

test('a child that keeps the output open does not hold up the check', async () => {
  const line = `sleep 30 & echo $! > ${folder}/child; echo done`;
  const endpoint = endpointFor(shellCheck(line), {
    successTests: [{ kind: 'cel', expression: 'output == "done\\n"' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true, exitCode: 0 });
  expect(await gone(pidIn('child'))).toBe(true);
});

test('an abort before the timeout ends the group at once', async () => {
  const controller = new AbortController();
  const line = `trap '' INT; echo $$ > ${folder}/leader; sleep 30`;
  const checking = probe(endpointFor(shellCheck(line)), controller.signal);
  while (!existsSync(path.join(folder, 'leader')) || pidIn('leader') === 0)
    await new Promise(resolve => setTimeout(resolve, 10));
  controller.abort();
  expect(await checking).toMatchObject({ reason: 'timeout' });
  expect(await gone(pidIn('leader'))).toBe(true);
});

test('close ends what still runs', async () => {
  const mine = asking();
  const line = `echo $$ > ${folder}/leader; sleep 30`;
  const checking = mine.check(endpointFor(shellCheck(line)));
  while (!existsSync(path.join(folder, 'leader')) || pidIn('leader') === 0)
    await new Promise(resolve => setTimeout(resolve, 10));
  mine.close();
  expect(await checking).toMatchObject({ ok: false });
  expect(await gone(pidIn('leader'))).toBe(true);
});

test('programs get the environment without the secrets, and nothing to read', async () => {
  const endpoint = endpointFor(shellCheck('cat; echo "$VISIBLE-$PEREGRINE_SECRET_X-"'), {
    successTests: [{ kind: 'cel', expression: 'output == "yes--\\n"' }],
  });
  expect(await check(endpoint)).toMatchObject({ ok: true });
});

test('no more than 32 run at once', async () => {
  const line = `mkdir ${folder}/$$; ls ${folder} | wc -l; sleep 0.8; rmdir ${folder}/$$`;
  const results = await Promise.all(
    Array.from({ length: 48 }, () =>
      check(
        endpointFor(shellCheck(line), {
          timeoutMs: 15_000,
          successTests: [{ kind: 'cel', expression: 'int(output.trim()) <= 32' }],
        }),
      ),
    ),
  );
  expect(results.map(({ error }) => error).filter(error => error !== null)).toEqual([]);
});

test('what runs the programs may be killed at any time: one check fails, the next do not', async () => {
  const line = `test $PPID != ${process.pid} && sleep 0.1 && kill -KILL $PPID; sleep 30`;
  const checks = Array.from({ length: 4 }, () => check(endpointFor(shellCheck(line))));
  for (const result of await Promise.all(checks))
    expect(result).toMatchObject({ ok: false, reason: 'signal' });
  const next = Array.from({ length: 8 }, () => check(endpointFor(shellCheck('exit 0'))));
  for (const result of await Promise.all(next)) expect(result).toMatchObject({ ok: true });
});

test('one signal serves many checks: none leaves a listener behind', async () => {
  const { signal } = new AbortController();
  const many = Array.from({ length: 40 }, () => probe(endpointFor(shellCheck('exit 0')), signal));
  expect(getEventListeners(signal, 'abort').length).toBeGreaterThan(0);
  await Promise.all(many);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('many at once all end, however few run together', async () => {
  const results = await Promise.all(
    Array.from({ length: 70 }, () => check(endpointFor(shellCheck('exit 0'), { timeoutMs: 15_000 }))),
  );
  expect(results.filter(({ ok }) => ok)).toHaveLength(70);
  close();
});
