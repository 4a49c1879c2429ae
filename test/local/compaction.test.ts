import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import { compactWhenQuiet } from '../../lib/local/compaction.ts';
import { createDynalite } from '../../lib/local/dynalite.ts';
import type { GroupedLevel } from '../../lib/local/grouped-level.ts';

let folder: string;
let database: GroupedLevel;
let controller: AbortController;
let compacting: Promise<void>;
let writing: NodeJS.Timeout | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peregrine-test-'));
  database = createDynalite(folder).database as GroupedLevel;
  await database.open();
  controller = new AbortController();
  compacting = compactWhenQuiet({ clock: systemClock, signal: controller.signal }, database, folder);
});
afterEach(async () => {
  clearInterval(writing);
  controller.abort();
  await compacting;
  await database.close();
  rmSync(folder, { recursive: true });
});

const megabytes = (): number =>
  readdirSync(folder)
    .map(name => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0) / 1e6;

const keys = Array.from({ length: 240 }, (_, n) => `key-${n}`);
const kept = 'key-7';

/** Some 24 MB, and then that they are no longer in force, but for one. */
const writeAndDelete = async (): Promise<void> => {
  for (const key of keys) await database.put(key, randomBytes(75_000).toString('base64'));
  for (const key of keys) if (key !== kept) await database.del(key);
};

const untilSmall = async (withinMs: number): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 100) {
    if (megabytes() < 5) return true;
    await sleep(100);
  }
  return false;
};

/** Writes this often, which is the least that goes on all the time where there are leases. */
const writeEvery = (ms: number): void => {
  writing = setInterval(() => void database.put('other', 'value'), ms);
};

test('what is no longer in force gives its place back once hardly anything is written any more', async () => {
  await writeAndDelete();
  writeEvery(200);
  const value = database.getSync(kept);
  expect(megabytes()).toBeGreaterThan(16);
  expect(await untilSmall(20_000)).toBe(true);
  expect(database.getSync(kept)).toBe(value);
}, 30_000);

test('nothing is written anew while much is written', async () => {
  writeEvery(5);
  await writeAndDelete();
  expect(await untilSmall(5000)).toBe(false);
}, 30_000);
