import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';
import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import { type OpenStore, openStore } from '../../lib/sqlite/open-store.ts';

const atEnd: (() => unknown)[] = [];
/** Runs after the test, the last one first. */
const later = (end: () => unknown): void => void atEnd.push(end);
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-test-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const tryOpen = (dataDir: string, notices: string[] = [], clock: Clock = systemClock) =>
  openStore({ clock, random: Math.random, onNotice: notice => notices.push(notice) }, dataDir);

/** Closed at the end, and before it as often as one likes. */
export const open = async (
  dataDir: string,
  notices: string[] = [],
  clock: Clock = systemClock,
): Promise<OpenStore> => {
  const opened = await tryOpen(dataDir, notices, clock);
  if (opened.kind !== 'open') throw new Error(opened.error);
  let isClosed = false;
  const close = (): void => {
    if (!isClosed) opened.close();
    isClosed = true;
  };
  later(close);
  return { ...opened, close };
};

export type Saving = {
  readonly child: ChildProcess;
  /** Resolves once so many saves were acknowledged. */
  readonly until: (saves: number) => Promise<void>;
  /** Kills it and resolves to how many were acknowledged. */
  readonly kill: () => Promise<number>;
};

/** A process that saves transitions of the rule `killed` in a folder, one after the other; at most `most`, after which it
 *  stays. It dies before its n-th statement where that is given. */
export const startSaving = (folder: string, most = Number.MAX_SAFE_INTEGER, dieAt = ''): Saving => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'saving-process.ts'), folder, String(most), dieAt],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const exited = once(child, 'exit');
  const ended = new Promise<void>(resolve => child.stdout.once('close', resolve));
  let told = 0;
  const waiting = new Set<() => void>();
  createInterface(child.stdout).on('line', line => {
    told = Number(line);
    for (const look of waiting) look();
  });
  later(() => child.kill('SIGKILL'));
  return {
    child,
    until: saves =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (told < saves) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        void ended.then(() => setImmediate(() => reject(new Error('it ended'))));
        look();
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.all([exited, ended]);
      await new Promise(setImmediate);
      return told;
    },
  };
};
