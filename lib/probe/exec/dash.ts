import type { SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock } from '../../domain/clock.ts';
import { type Children, childrenOf } from './children.ts';
import { type CoProcess, openCoProcess } from './co-process.ts';

/** The number of prctl. */
const PRCTL: { readonly [arch: string]: number } = { x64: 157, arm64: 167 };
const PR_SET_CHILD_SUBREAPER = 36;

/** Perl becomes a dash that inherits whatever its programs leave behind: so it can be seen whether they did. */
const becomeDash = (prctl: number, name: string): string =>
  `syscall(${prctl}, ${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0) == 0 and exec { "dash" } "${name}", "-s"; exit 1`;

/** Signals to the group are for the program: dash goes on, while a trapped signal does its usual to a program. */
const PRELUDE = 'trap : HUP INT QUIT TERM ALRM USR1 USR2 PIPE\necho ready >&3\n';

export type Dash = CoProcess & {
  /** Begins each message of its own, and nobody knows it before. */
  readonly name: string;
  readonly children: Children;
  readonly stdout: Readable;
  readonly stderr: Readable;
};

/** Dash drops variables that it could not name itself. */
const isPassedOn = (environment: NodeJS.ProcessEnv): boolean =>
  Object.keys(environment).every(name => /^[A-Za-z_][A-Za-z_0-9]*$/.test(name));

/** null: it needs Linux, dash and perl, as every Debian and Ubuntu has them. */
export const openDash = async (clock: Clock, environment: NodeJS.ProcessEnv): Promise<Dash | null> => {
  const prctl = PRCTL[process.arch];
  if (process.platform !== 'linux' || prctl === undefined || !isPassedOn(environment)) return null;
  const name = `peregrine-${randomUUID()}`;
  const options: SpawnOptions = { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env: environment };
  const dash = await openCoProcess(clock, 'perl', ['-e', becomeDash(prctl, name)], options, PRELUDE);
  if (dash === null) return null;
  const { stdout, stderr } = dash.child;
  try {
    if (stdout !== null && stderr !== null)
      return { ...dash, name, children: childrenOf(dash.pid), stdout, stderr };
  } catch {
    // A kernel that does not tell the children.
  }
  dash.commands.end();
  return null;
};
