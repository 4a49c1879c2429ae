import { constants } from 'node:os';
import type { Capture } from './output.ts';

const SIGNALED_FROM = 128;
/** Names of signals by number; of two names the usual one comes first. */
const signals = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [SIGNALED_FROM + number, name]),
);

/** Signal whose end of a program a shell shows by this `$?`. */
export const signalOf = (status: number): string => signals.get(status) ?? `signal ${status - SIGNALED_FROM}`;

/** Shells give these to programs that they could not start. */
export const isNoProgram = (status: number): boolean => status === 126 || status === 127;

/** As the C library describes them, and with it dash. */
const DESCRIPTIONS: { readonly [signal: string]: string } = {
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
};

export type ExitStatus = { readonly exitCode: number | null; readonly signal: string | null };

/** From dash's `$?`. 139 is an end by SIGSEGV or `exit 139`: dash tells them apart on the standard error that it shares
 *  with the program, and that line is taken back. It has none for SIGINT and SIGPIPE: these are exit codes, as shells
 *  show them, unless the interrupt was ours. */
export const dashExit = (status: number, interrupted: boolean, capture: Capture): ExitStatus => {
  const code = { exitCode: status, signal: null };
  const signal = signals.get(status);
  if (signal === undefined) return code;
  const bySignal = { exitCode: null, signal };
  if (signal === 'SIGINT' && interrupted) return bySignal;
  const description = DESCRIPTIONS[signal];
  const tail = capture.errorTail();
  const line = [`${description}\n`, `${description} (core dumped)\n`].find(end => tail.endsWith(end));
  if (description === undefined || line === undefined) return code;
  capture.dropErrorTail(line.length);
  return bySignal;
};
