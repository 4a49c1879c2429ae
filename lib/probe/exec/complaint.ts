import { startError } from '../../program/start-error.ts';

/** How dash and bash say them. */
const ERRORS: { readonly [said: string]: string } = {
  'not found': 'ENOENT',
  'No such file or directory': 'ENOENT',
  'Permission denied': 'EACCES',
  'Is a directory': 'EACCES',
  'Argument list too long': 'E2BIG',
  'Cannot fork': 'EAGAIN',
};

/** What the shell of this name said in place of a program that it could not start; null: it said nothing. */
export const complaint = (name: string, program: string, output: string): string | null => {
  const beginning = `${name}: `;
  if (!output.startsWith(beginning)) return null;
  const said = output
    .slice(beginning.length)
    .replace(/^\d+: /, '')
    .trimEnd();
  const [, code] = Object.entries(ERRORS).find(([ending]) => said.endsWith(ending)) ?? [];
  const text = said.split(': ').at(-1);
  return startError(Object.assign(new Error(text), { code }), program);
};
