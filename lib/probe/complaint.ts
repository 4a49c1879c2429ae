import { startError } from './start-error.ts';

/** How dash says them. */
const ERRORS: { readonly [said: string]: string } = {
  'not found': 'ENOENT',
  'Permission denied': 'EACCES',
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
