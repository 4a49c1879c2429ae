import { execFile, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Context, Sample } from '../benchmark.ts';

const SOURCE = fileURLToPath(new URL('../clients/fork-loop.c', import.meta.url));

export type ForkLoop = {
  readonly run: (context: Context, atOnce: number, forMs: number, program: string) => Promise<Sample>;
  readonly remove: () => void;
};

/** Compiles the reference for running programs; null where there is no C compiler. */
export const compileForkLoop = (): ForkLoop | null => {
  const file = join(tmpdir(), `peregrine-bench-fork-loop-${process.pid}`);
  if (spawnSync('cc', ['-O2', '-o', file, SOURCE]).status !== 0) return null;
  return {
    run: async ({ signal }, atOnce, forMs, program) => {
      const { stdout } = await promisify(execFile)(file, [String(atOnce), String(forMs), program], {
        signal,
      });
      return JSON.parse(stdout) as Sample;
    },
    remove: () => rmSync(file, { force: true }),
  };
};
