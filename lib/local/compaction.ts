import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupedLevel } from './grouped-level.ts';

const LOOK_EVERY_MS = 2000;
/** Below that there is nothing to win. */
const LEAST_BYTES = 16_000_000;
/** A second of another core for each 100 MB; what is larger is mostly history, and left to LevelDB itself. */
const MOST_BYTES = 256_000_000;
/** Of what it was after the last time. */
const GROWN_BY = 1.5;

const sizeOf = (folder: string): number =>
  readdirSync(folder)
    .map(name => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);

/** Brings together what was written, once nothing is written any more: after 100,000 first transitions the files are a
 *  third smaller, and the pages of them that were read, up to 60 MB, are no longer in memory. */
export const compactWhenQuiet = (
  database: GroupedLevel,
  folder: string,
): { readonly stop: () => Promise<void> } => {
  let writesSeen = database.writes;
  let atRest = sizeOf(folder);
  let compacting: Promise<void> | null = null;

  const look = (): void => {
    const isQuiet = database.writes === writesSeen;
    writesSeen = database.writes;
    if (!isQuiet || compacting !== null) return;
    const bytes = sizeOf(folder);
    if (bytes < Math.max(LEAST_BYTES, GROWN_BY * atRest) || bytes > MOST_BYTES) return;
    compacting = database
      .compact()
      .catch(() => {})
      .then(() => {
        atRest = sizeOf(folder);
        compacting = null;
      });
  };
  const looking = setInterval(look, LOOK_EVERY_MS).unref();

  return {
    stop: async () => {
      clearInterval(looking);
      await compacting;
    },
  };
};
