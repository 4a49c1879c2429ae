import type { ExecCheck } from '../domain/endpoint.ts';
import { findProgram } from './find-program.ts';
import { startError } from './start-error.ts';

/** A word that a shell takes as it is, byte for byte. */
const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export type ShellCommand =
  | { readonly kind: 'source'; readonly program: string; readonly source: string }
  | { readonly kind: 'not-started'; readonly error: string };

/** What a shell must read to run just this program with just these arguments, and to tell its status on 3. */
export const shellCommand = (command: ExecCheck['command'], searchPath?: string): ShellCommand => {
  const [program, args] =
    command.kind === 'shell' ? ['/bin/sh', ['-c', command.line]] : [command.program, command.arguments];
  if (program.includes('\0') || args.some(one => one.includes('\0')))
    return { kind: 'not-started', error: 'neither a program nor its arguments can hold a NUL' };
  const found = findProgram(program, searchPath);
  return found.kind === 'none'
    ? { kind: 'not-started', error: startError(found.error, program) }
    : {
        kind: 'source',
        program,
        source: `${[found.file, ...args].map(word).join(' ')} </dev/null 3>&-\necho $? >&3\n`,
      };
};
