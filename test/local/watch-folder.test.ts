import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { watchFolder } from '../../lib/local/watch-folder.ts';
import { manualClock } from '../support/manual-clock.ts';
import { folderOf } from '../support/monitor-process.ts';
import { passUntil } from '../support/pass-time.ts';

const stop = new AbortController();
afterEach(() => stop.abort());

const watch = (folder: string, onChange: () => Promise<void>) => {
  const clock = manualClock();
  const problems: string[] = [];
  void watchFolder({ clock, signal: stop.signal, onProblem: text => problems.push(text) }, folder, onChange);
  return { clock, problems };
};

test('files written, added and removed below the folder are noticed, others are not, and a failed change is tried again', async () => {
  const folder = folderOf({ 'a.yml': 'a', 'team/b.yml': 'b', 'notes.txt': 'n' });
  let changes = 0;
  let fails = false;
  const { clock, problems } = watch(folder, async () => {
    changes++;
    if (fails) throw new Error('the store is away');
  });
  const pass = (ms: number) => {
    const untilMs = clock.nowMs() + ms;
    return passUntil(clock, () => clock.nowMs() >= untilMs, 50);
  };
  const settle = (count: number) => passUntil(clock, () => changes === count, 100);
  await pass(3000);
  expect(changes).toBe(0);

  writeFileSync(join(folder, 'team', 'b.yml'), 'changed');
  await settle(1);
  writeFileSync(join(folder, 'notes.txt'), 'changed');
  await pass(3000);
  folderOf({ 'team/new/c.yml': 'c' }, folder);
  await settle(2);
  rmSync(join(folder, 'a.yml'));
  await settle(3);

  fails = true;
  folderOf({ 'd.yml': 'd' }, folder);
  await settle(5);
  fails = false;
  await passUntil(clock, () => changes === 6, 100);
  await pass(3000);
  expect(changes).toBe(6);
  expect(problems.length).toBeGreaterThanOrEqual(2);
});
