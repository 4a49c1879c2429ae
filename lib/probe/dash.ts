import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../domain/clock.ts';
import { type Children, childrenOf } from './children.ts';

/** The number of prctl. */
const PRCTL: { readonly [arch: string]: number } = { x64: 157, arm64: 167 };
const PR_SET_CHILD_SUBREAPER = 36;
const OPEN_WAIT_MS = 5000;

/** Perl becomes a dash that inherits whatever its programs leave behind: so it can be seen whether they did. */
const becomeDash = (prctl: number, name: string): string =>
  `syscall(${prctl}, ${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0) == 0 and exec { "dash" } "${name}", "-s"; exit 1`;

/** Signals to the group are for the program: dash goes on, while a trapped signal does its usual to a program. */
const PRELUDE = 'trap : HUP INT QUIT TERM ALRM USR1 USR2 PIPE\necho ready >&3\n';

/** A dash without a terminal, leader of a session and a process group of its own, that waits for commands. */
export type Dash = {
  /** Begins each message of its own, and nobody knows it before. */
  readonly name: string;
  readonly groupId: number;
  readonly child: ChildProcess;
  readonly children: Children;
  readonly commands: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Descriptor 3. */
  readonly statuses: Socket;
};

/** It drops variables that it could not name itself. */
const isPassedOn = (environment: NodeJS.ProcessEnv): boolean =>
  Object.keys(environment).every(name => /^[A-Za-z_][A-Za-z_0-9]*$/.test(name));

/** null: it needs Linux, dash and perl, as every Debian and Ubuntu has them. */
export const openDash = async (clock: Clock, environment: NodeJS.ProcessEnv): Promise<Dash | null> => {
  const prctl = PRCTL[process.arch];
  if (process.platform !== 'linux' || prctl === undefined || !isPassedOn(environment)) return null;
  const name = `peregrine-${randomUUID()}`;
  const child = spawn('perl', ['-e', becomeDash(prctl, name)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: environment,
  });
  const sockets = child.stdio as unknown as readonly [Socket, Socket, Socket, Socket];
  const [commands, stdout, stderr, statuses] = sockets;
  // When dash dies, the exit tells.
  for (const socket of sockets) socket.on('error', () => {});
  commands.write(PRELUDE);
  const ready = await new Promise<boolean>(resolve => {
    const cancel = clock.after(OPEN_WAIT_MS, () => child.kill('SIGKILL'));
    const settle = (isReady: boolean): void => {
      cancel();
      resolve(isReady);
    };
    statuses.once('data', () => settle(true));
    child.once('error', () => settle(false));
    child.once('exit', () => settle(false));
  });
  if (!ready || child.pid === undefined) return null;
  try {
    const children = childrenOf(child.pid);
    // What is idle does not keep the monitor alive. A program at work does, by the timers of its check.
    child.unref();
    for (const socket of sockets) socket.unref();
    return { name, groupId: child.pid, child, children, commands, stdout, stderr, statuses };
  } catch {
    child.kill('SIGKILL');
    return null;
  }
};
