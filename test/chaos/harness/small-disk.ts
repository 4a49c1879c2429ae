import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type SmallDisk = Disposable & {
  readonly folder: string;
  /** Until not one byte is free. */
  readonly fill: () => void;
  readonly free: () => void;
};

const BLOCK = Buffer.alloc(64 * 1024);

const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOSPC';

const fillFile = (path: string): void => {
  const file = openSync(path, 'a');
  try {
    for (let bytes = BLOCK.length; bytes >= 1; )
      try {
        writeSync(file, BLOCK, 0, bytes);
      } catch (error) {
        if (!isFull(error)) throw error;
        bytes = Math.floor(bytes / 2);
      }
  } finally {
    closeSync(file);
  }
};

/** Only root mounts. */
export const cannotMount = (): string | null =>
  process.getuid?.() === 0 ? null : 'only root can mount a small disk';

/** A disk of its own below a folder, of so many MB of memory. */
export const mountSmallDisk = (at: string, megabytes: number): SmallDisk => {
  mkdirSync(at);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) throw new Error(`the small disk cannot be mounted: ${mounted.stderr.trim()}`);
  const filler = join(at, 'filler');
  return {
    folder: at,
    fill: () => fillFile(filler),
    free: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => void spawnSync('umount', ['--lazy', at]),
  };
};
