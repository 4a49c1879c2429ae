import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One core for what is measured, another for all that it talks to. */
export type Cores = { readonly client: number; readonly server: number };

/** `0-3,8` */
export const coresOf = (list: string): readonly number[] =>
  list
    .trim()
    .split(',')
    .filter(part => part !== '')
    .flatMap(part => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });

const allowedCores = (): readonly number[] => {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return coresOf(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
  } catch {
    return [];
  }
};

/** null where there is no second core or no `taskset`. The first core has most interrupts: the server gets it. */
export const findCores = (): Cores | null => {
  const [server, client] = allowedCores();
  if (server === undefined || client === undefined) return null;
  return spawnSync('taskset', ['-c', String(client), 'true']).status === 0 ? { client, server } : null;
};

/** The command that runs another one on a core. */
export const pinnedTo = (core: number | undefined): readonly string[] =>
  core === undefined ? [] : ['taskset', '-c', String(core)];
