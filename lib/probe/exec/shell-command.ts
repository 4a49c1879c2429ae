import type { ExecCheck } from '../../domain/endpoint.ts';
import { startError } from '../../program/start-error.ts';
import { findProgram } from './find-program.ts';

type Command = ExecCheck['command'];

export const programOf = (command: Command): readonly [string, readonly string[]] =>
  command.kind === 'shell' ? ['/bin/sh', ['-c', command.line]] : [command.program, command.arguments];

/** A word that a shell takes as it is, byte for byte. */
const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

type ShellCommand =
  | { readonly kind: 'words'; readonly program: string; readonly words: string }
  | { readonly kind: 'not-started'; readonly error: string };

/** What a shell must read to run just this program with just these arguments. */
const toShell = (command: Command, searchPath?: string): ShellCommand => {
  const [program, args] = programOf(command);
  if (program.includes('\0') || args.some(one => one.includes('\0')))
    return { kind: 'not-started', error: 'neither a program nor its arguments can hold a NUL' };
  const found = findProgram(program, searchPath);
  return found.kind === 'none'
    ? { kind: 'not-started', error: startError(found.error, program) }
    : { kind: 'words', program, words: [found.file, ...args].map(word).join(' ') };
};

export type ShellCommands = {
  readonly get: (command: Command) => ShellCommand;
  /** A program that is gone is looked for again. */
  readonly forget: (command: Command) => void;
};

/** Looks for each program once. */
export const createShellCommands = (searchPath?: string): ShellCommands => {
  const known = new WeakMap<Command, ShellCommand>();
  return {
    get: command => {
      const shell = known.get(command) ?? toShell(command, searchPath);
      if (shell.kind === 'words') known.set(command, shell);
      return shell;
    },
    forget: command => known.delete(command),
  };
};
