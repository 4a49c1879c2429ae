import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../domain/clock.ts';
import type { ExecCheck } from '../../domain/endpoint.ts';
import { watchSession } from '../../program/watch-session.ts';
import { createCapture } from './output.ts';
import {
  createRun,
  endPipesSoon,
  notStarted,
  type ProcessGroup,
  type Run,
  type Starter,
  signalGroup,
} from './process-group.ts';
import { programOf } from './shell-command.ts';
import { startError } from './start-error.ts';

/** Forks the monitor itself: 2 ms, half of it with the event loop blocked; 22 ms when the monitor has 500 MB. */
const startSpawned = (
  clock: Clock,
  environment: NodeJS.ProcessEnv,
  command: ExecCheck['command'],
): ProcessGroup => {
  const [program, args] = programOf(command);
  let child: ChildProcess;
  try {
    child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  } catch (error) {
    return notStarted(startError(error, program));
  }
  const { pid, stdout, stderr } = child;
  const unwatch = pid === undefined ? () => {} : watchSession(pid);
  const capture = createCapture();
  stdout?.on('data', chunk => capture.add(chunk, 'stdout'));
  stderr?.on('data', chunk => capture.add(chunk, 'stderr'));
  const closePipes = (): void => {
    stdout?.destroy();
    stderr?.destroy();
  };
  const endWith = (exitCode: number | null, signal: string | null): void =>
    run.end({ kind: 'ended', exitCode, signal, ...capture.output(), sent: run.sent() });
  const run: Run = createRun(
    clock,
    name => {
      if (pid !== undefined) signalGroup(pid, name);
    },
    () => {
      closePipes();
      endWith(child.exitCode, child.signalCode);
    },
  );
  child.once('error', error => {
    if (pid === undefined) run.end({ kind: 'not-started', error: startError(error, program) });
  });
  child.once('exit', () => {
    if (pid !== undefined) child.once('close', endPipesSoon(clock, pid, closePipes));
  });
  // Not from the callback itself: a check that starts the next process there starves timers.
  child.once('close', (exitCode, signal) => {
    unwatch();
    setImmediate(endWith, exitCode, signal);
  });
  return run;
};

/** For where no shell can do it better: for good, or just now and for one program. */
export const spawnStarter = (clock: Clock, environment: NodeJS.ProcessEnv, isForGood: boolean): Starter => {
  let used = false;
  return {
    start: command => {
      used = true;
      return startSpawned(clock, environment, command);
    },
    isUsable: () => isForGood || !used,
    close: () => {},
  };
};
