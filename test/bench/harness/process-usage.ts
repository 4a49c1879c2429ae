import { readdirSync, readFileSync } from 'node:fs';

export type Usage = { readonly cpuMs: number; readonly rssBytes: number; readonly peakBytes: number };

/** Of USER_HZ, which Linux fixes at 100 towards processes. */
const TICK_MS = 10;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
};

/** What follows the command's name, which may hold anything: state, ppid, … (proc_pid_stat(5)). */
const statOf = (pid: number): readonly string[] =>
  read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];

const parentOf = (pid: number): number => Number(statOf(pid)[1]);

const kB = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;

const ofOne = (pid: number): Usage => {
  const stat = statOf(pid);
  const status = read(`/proc/${pid}/status`);
  return {
    cpuMs: (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) * TICK_MS,
    rssBytes: kB(status, 'VmRSS'),
    peakBytes: kB(status, 'VmHWM'),
  };
};

/** Of a process and all below it that live; only Linux tells. */
export const usageOf = (root: number): Usage => {
  const all = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number);
  const family = [root];
  for (const pid of family) family.push(...all.filter(one => parentOf(one) === pid));
  return family.map(ofOne).reduce((sum, one) => ({
    cpuMs: sum.cpuMs + one.cpuMs,
    rssBytes: sum.rssBytes + one.rssBytes,
    peakBytes: sum.peakBytes + one.peakBytes,
  }));
};
