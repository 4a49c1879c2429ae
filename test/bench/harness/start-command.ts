import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly scripts: { readonly start: string };
};

const [, ...parts] = scripts.start.split(' ');

/** What `npm start` gives to Node before the script. */
export const nodeFlags: readonly string[] = parts.filter(part => part.startsWith('--'));
