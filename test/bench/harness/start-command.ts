import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly scripts: { readonly start: string };
};

const words = scripts.start.split(' ');
const node = words.indexOf('node');

/** What `npm start` gives to Node before the script. */
export const nodeFlags: readonly string[] = words.slice(node + 1).filter(word => word.startsWith('--'));

/** The variables that it sets for Node. */
export const nodeEnvironment: { readonly [name: string]: string } = Object.fromEntries(
  words
    .slice(0, node)
    .filter(word => word.includes('='))
    .map(word => word.split('=') as [string, string]),
);
