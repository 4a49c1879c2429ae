import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Clock } from '../../domain/clock.ts';
import { watchSession } from '../../program/watch-session.ts';

const OPEN_WAIT_MS = 5000;

/** A shell without a terminal, leader of a session and a process group of its own, that waits for commands. */
export type CoProcess = {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly commands: Socket;
  /** Descriptor 3. No program has it. */
  readonly statuses: Socket;
};

/** Opens one that runs `prelude` and then says anything on descriptor 3. null: it cannot be had. */
export const openCoProcess = async (
  clock: Clock,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  prelude: string,
): Promise<CoProcess | null> => {
  let child: ChildProcess;
  try {
    child = spawn(program, args, { ...options, detached: true });
  } catch {
    return null;
  }
  // Without a free descriptor there are none, whatever the type says.
  const sockets = (child.stdio ?? []).filter(stream => stream !== null) as unknown as readonly Socket[];
  const [commands, statuses] = [sockets.at(0), sockets.at(-1)];
  // When the shell dies, its exit tells.
  for (const socket of sockets) socket.on('error', () => {});
  commands?.write(prelude);
  const isReady = await new Promise<boolean>(resolve => {
    const cancel = clock.after(OPEN_WAIT_MS, () => child.kill('SIGKILL'));
    const settle = (ready: boolean): void => {
      cancel();
      resolve(ready);
    };
    statuses?.once('data', () => settle(true));
    child.on('error', () => settle(false));
    child.once('exit', () => settle(false));
  });
  if (!isReady || child.pid === undefined || commands === undefined || statuses === undefined) return null;
  // The programs that it starts are in its session, whatever group they have.
  child.once('close', watchSession(child.pid));
  // What is idle does not keep the monitor alive. A program at work does, by the timers of its check.
  child.unref();
  for (const socket of sockets) socket.unref();
  return { pid: child.pid, child, commands, statuses };
};
