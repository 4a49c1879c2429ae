import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import type { GroupedLevel } from './grouped-level.ts';

const LOOK_EVERY_MS = 2000;
/** Below that there is nothing to win. */
const LEAST_BYTES = 16_000_000;
/** A second of another core for each 100 MB, and a close waits for its end; what is larger is mostly history, and left to
 *  LevelDB itself. */
const MOST_BYTES = 256_000_000;
/** Of what it was at the start, or after the last time. */
const GROWN_BY = 1.5;
/** From look to look: leases are renewed all the time. */
const FEW_WRITES = 100;
/** A compaction that finds the disk full leaves a database that can no longer be written. */
const FREE_FOR_EACH_BYTE = 2;

const sizeOf = (folder: string): number =>
  readdirSync(folder)
    .map(name => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** 0 where that cannot be known: then nothing is done. */
const knownOr0 = (bytesOf: (folder: string) => number, folder: string): number => {
  try {
    return bytesOf(folder);
  } catch {
    return 0;
  }
};

const isWorthwhile = (folder: string, bytesAtRest: number): boolean => {
  const bytes = knownOr0(sizeOf, folder);
  const hasGrown = bytes > Math.max(LEAST_BYTES, GROWN_BY * bytesAtRest);
  return hasGrown && bytes < MOST_BYTES && knownOr0(freeBytes, folder) > FREE_FOR_EACH_BYTE * bytes;
};

/** Brings together what was written, once hardly anything is written any more: after 100,000 first transitions the files
 *  are a third smaller, and the pages of them that were read, up to 60 MB, are no longer in memory. Until `signal` aborts
 *  and nothing is under way. */
export const compactWhenQuiet = async (
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  database: GroupedLevel,
  folder: string,
): Promise<void> => {
  let bytesAtRest = knownOr0(sizeOf, folder);
  let writesSeen = database.writes;
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    if (signal.aborted) return;
    const isQuiet = database.writes - writesSeen < FEW_WRITES;
    writesSeen = database.writes;
    if (!isQuiet || !isWorthwhile(folder, bytesAtRest)) continue;
    // One that cannot be written any more says so at the next write.
    await database.compact().catch(() => {});
    bytesAtRest = knownOr0(sizeOf, folder);
  }
};
