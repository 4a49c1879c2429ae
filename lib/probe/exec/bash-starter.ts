import type { Socket } from 'node:net';
import type { Clock } from '../../domain/clock.ts';
import type { ExecCheck } from '../../domain/endpoint.ts';
import { signalGroup } from '../../program/signal-group.ts';
import { type Bash, openBash } from './bash.ts';
import { complaint } from './complaint.ts';
import { isNoProgram, signalOf } from './exit-status.ts';
import { createCapture } from './output.ts';
import { createRun, endPipesSoon, notStarted, type ProcessGroup, type Starter } from './process-group.ts';
import type { ShellCommands } from './shell-command.ts';

/** How bash shows that a program has ended. It says more, before or after the pid, if that was by a signal. */
type Exit = { readonly status: number; readonly isBySignal: boolean };

const toldBy = (name: string) => {
  const pidLine = new RegExp(`${name} pid (\\d+)\n`);
  const statusLine = new RegExp(`${name} status (\\d+)\n$`);
  return {
    pid: (told: string): number | null => {
      const [, pid] = told.match(pidLine) ?? [];
      return pid === undefined ? null : Number(pid);
    },
    exit: (told: string): Exit | null => {
      const [, status] = told.match(statusLine) ?? [];
      const isBySignal = told.replace(pidLine, '').replace(statusLine, '') !== '';
      return status === undefined ? null : { status: Number(status), isBySignal };
    },
  };
};

/** Runs one program at a time in a process group of the program's own: 800 µs, of it 100 in the monitor. */
const starterOn = (bash: Bash, clock: Clock, commands: ShellCommands): Starter => {
  const tell = toldBy(bash.name);
  let usable = true;
  let bashRuns = true;
  let hear = (_text: string): void => {};
  let bashEnded = (): void => {};
  const close = (): void => {
    usable = false;
    bash.commands.end();
  };
  bash.statuses.on('data', (chunk: Buffer) => hear(chunk.toString('latin1')));
  bash.child.once('exit', () => {
    usable = false;
  });
  // By then all that it told has been read.
  bash.child.once('close', () => {
    bashRuns = false;
    bashEnded();
  });

  const run = (command: ExecCheck['command'], program: string, words: string): ProcessGroup => {
    const capture = createCapture();
    let told = '';
    let pid: number | null = null;
    let exit: Exit | null = null;
    let pipes: readonly Socket[] = [];
    let openPipes = 0;
    let cancelEndPipes = (): void => {};

    const end = (): void => {
      cancelEndPipes();
      hear = () => {};
      bashEnded = () => {};
      const output = capture.output();
      const isUnstarted = exit !== null && isNoProgram(exit.status);
      const error = isUnstarted ? complaint(bash.name, program, output.output) : null;
      if (error !== null) {
        commands.forget(command);
        return group.end({ kind: 'not-started', error });
      }
      const sent = group.sent();
      const signal = exit === null ? 'SIGKILL' : exit.isBySignal ? signalOf(exit.status) : null;
      const exitCode = exit === null || exit.isBySignal ? null : exit.status;
      group.end({ kind: 'ended', exitCode, signal, ...output, sent });
    };
    /** Others have the pipes, and would write into those of the next program. */
    const abandonPipes = (): void => {
      close();
      for (const pipe of pipes) pipe.destroy();
    };
    const group = createRun(
      clock,
      name => {
        if (pid !== null) signalGroup(pid, name);
      },
      () => {
        abandonPipes();
        end();
      },
    );
    const programEnded = (): void => {
      if (openPipes === 0) setImmediate(end);
      else cancelEndPipes = endPipesSoon(clock, pid ?? bash.pid, abandonPipes);
    };
    const readPipe = (descriptor: 4 | 5): Socket => {
      const pipe = bash.openPipe(descriptor);
      openPipes += 1;
      pipe.on('data', (chunk: Buffer) => capture.add(chunk, descriptor === 4 ? 'stdout' : 'stderr'));
      pipe.on('error', () => {});
      pipe.once('close', () => {
        openPipes -= 1;
        if (openPipes === 0 && (exit !== null || !bashRuns)) setImmediate(end);
      });
      return pipe;
    };
    const programStarted = (id: number): void => {
      pid = id;
      const sent = group.sent();
      if (sent !== null) signalGroup(id, sent);
      try {
        pipes = [readPipe(4), readPipe(5)];
      } catch {
        // No descriptor is left for them, or bash has just died.
        signalGroup(id, 'SIGKILL');
        close();
      }
    };

    hear = text => {
      told += text;
      const id = pid === null ? tell.pid(told) : null;
      if (id !== null) programStarted(id);
      exit = tell.exit(told);
      if (exit !== null) programEnded();
    };
    bashEnded = () => {
      if (exit !== null) return;
      if (pid !== null) signalGroup(pid, 'SIGKILL');
      programEnded();
    };
    // A pipe without a writer is at its end: the monitor reads from when the program has it.
    bash.commands.write(
      `exec 6>/proc/self/fd/4 7>/proc/self/fd/5\n` +
        `${words} </dev/null >&6 2>&7 3>&- 4<&- 5<&- 6>&- 7>&- &\n` +
        `exec 6>&- 7>&-; echo ${bash.name} pid $! >&3; wait -f $!; echo ${bash.name} status $? >&3\n`,
    );
    return group;
  };

  const start = (command: ExecCheck['command']): ProcessGroup => {
    const shell = commands.get(command);
    if (shell.kind === 'not-started') return notStarted(shell.error);
    return run(command, shell.program, shell.words);
  };
  return { start, isUsable: () => usable, close };
};

/** null: there is no such shell here. */
export const openBashStarter = async (
  clock: Clock,
  environment: NodeJS.ProcessEnv,
  commands: ShellCommands,
): Promise<Starter | null> => {
  const bash = await openBash(clock, environment);
  return bash === null ? null : starterOn(bash, clock, commands);
};
