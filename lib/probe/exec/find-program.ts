import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from '../answer/text.ts';

/** As the C library when there is no PATH. */
const USUAL_PATH = '/bin:/usr/bin';

const problemAt = (file: string): unknown => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? null : Object.assign(new Error('not a file'), { code: 'EACCES' });
  } catch (error) {
    return error;
  }
};

/** Where `execvp` finds a program, or the error it gives. Touches the disk. */
export const findProgram = (
  name: string,
  searchPath = USUAL_PATH,
): { readonly kind: 'found'; readonly file: string } | { readonly kind: 'none'; readonly error: unknown } => {
  if (name.includes('/')) return { kind: 'found', file: name };
  let error: unknown = Object.assign(new Error('not found'), { code: 'ENOENT' });
  for (const folder of name === '' ? [] : searchPath.split(':')) {
    const file = path.join(folder === '' ? '.' : folder, name);
    const problem = problemAt(file);
    // A name without a folder in it would be a command of the shell's own.
    if (problem === null) return { kind: 'found', file: file.includes('/') ? file : `./${file}` };
    if (codeOf(problem) === 'EACCES') error = problem;
  }
  return { kind: 'none', error };
};
