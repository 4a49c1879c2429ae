import { readdirSync, readFileSync } from 'node:fs';

/** A process that is known again by when it started: numbers come again. */
export type Known = {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly command: string;
};

/** Fields of `/proc/PID/stat` behind the command's name, which may hold anything (proc_pid_stat(5)). */
const PARENT = 1;
const STARTED_AT = 19;

const read = (pid: number): Known | null => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    if (fields[0] === 'Z') return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(fields[PARENT]), startedAt: fields[STARTED_AT] ?? '', command };
  } catch {
    return null;
  }
};

const allProcesses = (): readonly Known[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => read(Number(name)))
    .filter(one => one !== null);

/** All below a process, its grandchildren included. */
export const descendantsOf = (root: number): readonly Known[] => {
  const all = allProcesses();
  const found: Known[] = [];
  const parents = [root];
  for (const parent of parents)
    for (const one of all.filter(each => each.parent === parent)) {
      found.push(one);
      parents.push(one.pid);
    }
  return found;
};

/** Those that still run. */
export const leftOf = (known: readonly Known[]): readonly Known[] =>
  known.filter(({ pid, startedAt }) => read(pid)?.startedAt === startedAt);

export const end = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
};
