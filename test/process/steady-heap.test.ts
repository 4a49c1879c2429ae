import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/** What V8 says of the full collections of a process. */
const collections = (everyMs: number): readonly string[] => {
  const { stdout } = spawnSync(
    process.execPath,
    ['--trace-gc', '--no-warnings', join(import.meta.dirname, 'collecting-process.ts'), String(everyMs)],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return stdout.split('\n').filter(line => line.includes('Mark-Compact'));
};

test('where checks are seldom, a collection gives its memory back', () => {
  const all = collections(60_000);
  expect(all.length).toBeGreaterThan(0);
  expect(all.at(-1)).toContain('(reduce)');
});

test('where checks are frequent, the heap may grow', () => {
  const all = collections(1000);
  expect(all.length).toBeGreaterThan(0);
  for (const line of all) expect(line).not.toContain('(reduce)');
});
