import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../domain/clock.ts';
import type { ExecCheck } from '../domain/endpoint.ts';
import { createCapture } from './output.ts';
import {
  endPipesSoon,
  type GroupSignal,
  KILL_WAIT_MS,
  notStarted,
  type ProcessGroup,
  type Starter,
  signalGroup,
} from './process-group.ts';
import { startError } from './start-error.ts';

const commandOf = (command: ExecCheck['command']): readonly [string, readonly string[]] =>
  command.kind === 'shell' ? ['/bin/sh', ['-c', command.line]] : [command.program, command.arguments];

/** Forks the monitor itself: 2 ms, half of it with the event loop blocked; 22 ms when the monitor has 500 MB. */
const startSpawned = (
  clock: Clock,
  environment: NodeJS.ProcessEnv,
  command: ExecCheck['command'],
): ProcessGroup => {
  const [program, args] = commandOf(command);
  let child: ChildProcess;
  try {
    child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  } catch (error) {
    return notStarted(startError(error, program));
  }
  const capture = createCapture();
  child.stdout?.on('data', chunk => capture.add(chunk, 'stdout'));
  child.stderr?.on('data', chunk => capture.add(chunk, 'stderr'));
  let sent: GroupSignal | null = null;
  let giveUp = (): void => {};
  let cancelGiveUp = (): void => {};

  const kill = (name: GroupSignal): void => {
    if (child.pid !== undefined) signalGroup(child.pid, name);
  };
  const signal: ProcessGroup['signal'] = name => {
    sent = name;
    kill(name);
    if (name === 'SIGKILL') cancelGiveUp = clock.after(KILL_WAIT_MS, giveUp);
  };

  const ended: ProcessGroup['ended'] = new Promise(resolve => {
    // Not from the callback itself: a check that starts the next process there starves timers.
    const end = (outcome: Awaited<ProcessGroup['ended']>): void => {
      cancelGiveUp();
      setImmediate(resolve, outcome);
    };
    const endWith = (exitCode: number | null, killedBy: string | null): void =>
      end({ kind: 'ended', exitCode, signal: killedBy, ...capture.output(), sent });
    const closePipes = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    giveUp = () => {
      closePipes();
      endWith(child.exitCode, child.signalCode);
    };
    child.once('error', error => {
      if (child.pid === undefined) end({ kind: 'not-started', error: startError(error, program) });
    });
    child.once('exit', () => {
      if (child.pid !== undefined) child.once('close', endPipesSoon(clock, child.pid, closePipes));
    });
    child.once('close', endWith);
  });
  return { ended, signal };
};

/** For where co-processes cannot be had: for good, or just now and for one program. */
export const spawningStarter = (
  clock: Clock,
  environment: NodeJS.ProcessEnv,
  isForGood: boolean,
): Starter => {
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
