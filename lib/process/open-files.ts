import { readFileSync } from 'node:fs';

const USUAL_LIMIT = 1024;
/** For the database, the HTTP API, targets and all else that is no check. */
const RESERVED = 256;
const MOST = 20_000;

/** How many checks may be under way at once: each holds a socket or a pipe, and the process may open only so many. */
export const checksAtOnce = (limits = readLimits()): number => {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? String(USUAL_LIMIT);
  const openFiles = found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found);
  return Math.max(RESERVED, Math.min(MOST, openFiles - RESERVED));
};

/** Linux tells; elsewhere the usual limit is assumed. */
const readLimits = (): string => {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
};

/** So many connections may wait for the next check of their endpoint; the others leave room for new ones. */
export const connectionsKept = (): number => Math.floor(0.75 * checksAtOnce());
