import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';

const LOOK_EVERY_MS = 1000;

const fingerprintOf = async (path: string): Promise<string> => {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${path} ${mtimeMs} ${size} ${ino}`;
  } catch {
    return `${path} gone`;
  }
};

/** Changes whenever a YAML file below the folder is added, removed or written. Short, for it is kept from look to look. */
const fingerprint = async (folder: string): Promise<string> => {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const files = names.filter(name => /\.ya?ml$/.test(name)).sort();
  const prints: string[] = [];
  for (const name of files) prints.push(await fingerprintOf(join(folder, name)));
  return createHash('sha256').update(prints.join('\n')).digest('base64');
};

type WatchDeps = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProblem: (message: string) => void;
};

/** Calls `onChange` after each change below the folder, one call at a time, and again while it fails. Looks itself
 *  instead of being told: file events get lost on network and container mounts, a look at a thousand files takes
 *  milliseconds. */
export const watchFolder = async (
  { clock, signal, onProblem }: WatchDeps,
  folder: string,
  onChange: () => Promise<void>,
): Promise<void> => {
  let known = await fingerprint(folder);
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    const current = await fingerprint(folder);
    if (current === known) continue;
    try {
      await onChange();
      known = current;
    } catch (cause) {
      onProblem(`the changed files are not in force yet, this is tried again: ${(cause as Error).message}`);
    }
  }
};
