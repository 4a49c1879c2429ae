import { constants } from 'node:os';
import type { Capture } from './output.ts';

/** As the C library calls them, and with it dash. */
const NAMES = {
  SIGHUP: 'Hangup',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
  SIGSTKFLT: 'Stack fault',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'File size limit exceeded',
  SIGVTALRM: 'Virtual timer expired',
  SIGPROF: 'Profiling timer expired',
  SIGIO: 'I/O possible',
  SIGPWR: 'Power failure',
  SIGSYS: 'Bad system call',
} as const;
const SIGNALED_FROM = 128;
const byStatus = new Map(
  Object.entries(NAMES).map(([signal, said]) => [
    SIGNALED_FROM + constants.signals[signal as keyof typeof NAMES],
    { signal, said },
  ]),
);

export type ExitStatus = { readonly exitCode: number | null; readonly signal: string | null };

/** From dash's `$?`. Status 139 is an end by SIGSEGV or `exit 139`: dash tells them apart on the standard error that
 *  it shares with the program, and that line is taken back. It has none for SIGINT and SIGPIPE: these are exit codes,
 *  as every shell shows them, unless the interrupt was ours. */
export const exitStatus = (status: number, interrupted: boolean, capture: Capture): ExitStatus => {
  if (interrupted && status === SIGNALED_FROM + constants.signals.SIGINT)
    return { exitCode: null, signal: 'SIGINT' };
  const possible = status > SIGNALED_FROM ? byStatus.get(status) : undefined;
  if (possible === undefined) return { exitCode: status, signal: null };
  const line = [`${possible.said}\n`, `${possible.said} (core dumped)\n`].find(end =>
    capture.errorTail().endsWith(end),
  );
  if (line === undefined) return { exitCode: status, signal: null };
  capture.dropErrorTail(line.length);
  return { exitCode: null, signal: possible.signal };
};
