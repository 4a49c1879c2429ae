import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const bench = (...args: readonly string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('run.ts', import.meta.url)), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });

test('a benchmark that there is not is wrong use, in one line that names all there are', () => {
  const { status, stdout, stderr } = bench('htp');
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^npm run bench: there is no benchmark "htp". There are: http, .*peers\.\n$/);
});

test('--list names each benchmark with what it measures', () => {
  const { status, stdout } = bench('--list');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^http +whole checks/);
  expect(stdout).toMatch(/^peers +\* /m);
});

test('rounds are a number', () => {
  expect(bench('--rounds', 'many').stderr).toBe(
    'npm run bench: --rounds is "many", not a number from 1 to 99.\n',
  );
});
