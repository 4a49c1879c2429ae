import { isatty } from 'node:tty';
import type { Terminal } from './log.ts';

/** Some terminals say 0. */
const USUAL_COLUMNS = 80;

/** What can be shown on standard output. `NO_COLOR`, not empty, turns colours off (no-color.org). */
export const terminalOf = (env: {
  readonly [name: string]: string | undefined;
}): { readonly terminal: Terminal | null; readonly colour: boolean } =>
  isatty(1) && env.TERM !== 'dumb'
    ? { terminal: { columns: () => process.stdout.columns || USUAL_COLUMNS }, colour: !env.NO_COLOR }
    : { terminal: null, colour: false };
