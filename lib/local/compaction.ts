import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import type { GroupedLevel } from './grouped-level.ts';

const LOOK_EVERY_MS = 2000;
/** Below that there is nothing to win. */
const LEAST_BYTES = 16_000_000;
/** A second of another core for each 100 MB; what is larger is mostly history, and left to LevelDB itself. */
const MOST_BYTES = 256_000_000;
/** Of what it was after the last time. */
const GROWN_BY = 1.5;

/** 0 where the folder cannot be read. */
const sizeOf = (folder: string): number => {
  try {
    return readdirSync(folder)
      .map(name => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
      .reduce((sum, bytes) => sum + bytes, 0);
  } catch {
    return 0;
  }
};

/** Brings together what was written, once nothing is written any more, until `signal` aborts and nothing is under way:
 *  after 100,000 first transitions the files are a third smaller, and the pages of them that were read, up to 60 MB, are
 *  no longer in memory. */
export const compactWhenQuiet = async (
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  database: GroupedLevel,
  folder: string,
): Promise<void> => {
  let atRest = sizeOf(folder);
  let writesSeen = database.writes;
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    const isQuiet = database.writes === writesSeen;
    writesSeen = database.writes;
    const bytes = isQuiet ? sizeOf(folder) : 0;
    if (bytes < Math.max(LEAST_BYTES, GROWN_BY * atRest) || bytes > MOST_BYTES) continue;
    // It is tried again when there is more of it.
    await database.compact().catch(() => {});
    atRest = sizeOf(folder);
  }
};
