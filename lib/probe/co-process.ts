import type { Clock } from '../domain/clock.ts';
import type { ExecCheck } from '../domain/endpoint.ts';
import { complaint } from './complaint.ts';
import { type Dash, openDash } from './dash.ts';
import { exitStatus } from './exit-status.ts';
import { type Capture, createCapture } from './output.ts';
import {
  type Ended,
  endPipesSoon,
  type GroupSignal,
  KILL_WAIT_MS,
  type NotStarted,
  notStarted,
  type ProcessGroup,
  type Starter,
  signalGroup,
} from './process-group.ts';
import { type ShellCommand, shellCommand } from './shell-command.ts';

type Run = {
  readonly command: ExecCheck['command'];
  readonly program: string;
  readonly capture: Capture;
  readonly resolve: (outcome: Ended | NotStarted) => void;
  status: number | null;
  sent: GroupSignal | null;
  cancelGiveUp: () => void;
};

/** Exit statuses that shells give to programs they could not start. */
const isNoProgram = (status: number): boolean => status === 126 || status === 127;

/** Runs one program at a time in the process group of its dash, which goes on after it: 500 µs, of it 50 in the
 *  monitor. A SIGKILL takes dash along, and so does a program that leaves others behind: they keep the group. */
const starterOn = (dash: Dash, clock: Clock, environment: NodeJS.ProcessEnv): Starter => {
  const { child, children, groupId } = dash;
  const prepared = new WeakMap<ExecCheck['command'], ShellCommand>();
  let run: Run | null = null;
  let usable = true;

  const end = (outcome: Ended | NotStarted): void => {
    const ended = run;
    run = null;
    ended?.cancelGiveUp();
    ended?.resolve(outcome);
  };
  const endWithStatus = ({
    command,
    program,
    capture,
    status,
    sent,
  }: Run & { readonly status: number }): void => {
    const error = isNoProgram(status) ? complaint(dash.name, program, capture.output().output) : null;
    if (error !== null) {
      prepared.delete(command);
      return end({ kind: 'not-started', error });
    }
    const exit = exitStatus(status, sent !== null, capture);
    end({ kind: 'ended', ...exit, ...capture.output(), sent });
  };
  /** As far as it is known, after dash itself has ended. */
  const endAnyway = (): void => {
    if (run === null) return;
    const { program, capture, status, sent } = run;
    if (status !== null) return endWithStatus({ ...run, status });
    const output = capture.output();
    const error = child.exitCode === null ? null : complaint(dash.name, program, output.output);
    if (error !== null) end({ kind: 'not-started', error });
    else end({ kind: 'ended', exitCode: null, signal: child.signalCode ?? 'SIGKILL', ...output, sent });
  };

  const closePipes = (): void => {
    dash.stdout.destroy();
    dash.stderr.destroy();
  };
  const close = (): void => {
    usable = false;
    dash.commands.end();
  };
  const giveUp = (): void => {
    usable = false;
    closePipes();
    endAnyway();
  };

  /** Programs that give themselves a group of their own, as `timeout` does, are still the program. */
  const kill = (name: GroupSignal): void => {
    const ownGroupId = children.groupOfOldest();
    if (ownGroupId !== null && ownGroupId !== groupId) signalGroup(ownGroupId, name);
    signalGroup(groupId, name);
  };

  dash.stdout.on('data', (chunk: Buffer) => run?.capture.add(chunk, 'stdout'));
  dash.stderr.on('data', (chunk: Buffer) => run?.capture.add(chunk, 'stderr'));
  dash.statuses.on('data', (chunk: Buffer) => {
    if (run === null) return;
    const status = Number(chunk.toString('latin1'));
    run.status = status;
    // Its dash ends, and what happens then is as if the program had ended only now.
    if (!children.none()) return close();
    const ended = { ...run, status };
    // What the program wrote lies in the sockets: it is read when the loop has polled once more.
    setImmediate(() => setImmediate(endWithStatus, ended));
  });
  child.once('exit', () => {
    usable = false;
    children.close();
    if (run?.status === null) signalGroup(groupId, 'SIGKILL');
    child.once('close', endPipesSoon(clock, groupId, closePipes));
  });
  child.once('close', endAnyway);

  const start = (command: ExecCheck['command']): ProcessGroup => {
    const shell = prepared.get(command) ?? shellCommand(command, environment.PATH);
    if (shell.kind === 'not-started') return notStarted(shell.error);
    prepared.set(command, shell);
    let mine: Run | null = null;
    const ended = new Promise<Ended | NotStarted>(resolve => {
      mine = {
        command,
        program: shell.program,
        capture: createCapture(),
        resolve,
        status: null,
        sent: null,
        cancelGiveUp: () => {},
      };
    });
    run = mine;
    dash.commands.write(shell.source);
    return {
      ended,
      signal: name => {
        if (run === null || run !== mine) return;
        run.sent = name;
        kill(name);
        if (name === 'SIGKILL') run.cancelGiveUp = clock.after(KILL_WAIT_MS, giveUp);
      },
    };
  };
  return { start, isUsable: () => usable, close };
};

/** null: there is no such shell here. */
export const openCoProcess = async (
  clock: Clock,
  environment: NodeJS.ProcessEnv,
): Promise<Starter | null> => {
  const dash = await openDash(clock, environment);
  return dash === null ? null : starterOn(dash, clock, environment);
};
