import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** For all that is no connection of a check. */
const RESERVED = 512;

const hardLimit = (): number => {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const found = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
    return found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found ?? 1024);
  } catch {
    return 1024;
  }
};

export type OpenFiles =
  /** The command that runs another one with the limit that it needs. */
  | { readonly kind: 'enough'; readonly prefix: readonly string[] }
  | { readonly kind: 'too-few'; readonly why: string };

/** Enough for so many connections: raised for the child alone, where this user may. */
export const openFilesFor = (connections: number): OpenFiles => {
  const needed = connections + RESERVED;
  const limit = hardLimit();
  // Node raises its own soft limit up to the hard one.
  if (needed <= limit) return { kind: 'enough', prefix: [] };
  const prefix = ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(needed)];
  const [command = '', ...args] = prefix;
  return spawnSync(command, [...args, 'true']).status === 0
    ? { kind: 'enough', prefix }
    : {
        kind: 'too-few',
        why: `${needed} open files are needed, the limit is ${limit}: raise it (ulimit -Hn)`,
      };
};

export const connectionsAProcess = (): number => hardLimit() - RESERVED;
