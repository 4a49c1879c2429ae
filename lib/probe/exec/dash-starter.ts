import type { Clock } from '../../domain/clock.ts';
import type { ExecCheck } from '../../domain/endpoint.ts';
import { type GroupSignal, signalGroup } from '../../program/signal-group.ts';
import { complaint } from './complaint.ts';
import { type Dash, openDash } from './dash.ts';
import { dashExit, isNoProgram } from './exit-status.ts';
import { type Capture, createCapture } from './output.ts';
import {
  createRun,
  endPipesSoon,
  notStarted,
  type ProcessGroup,
  type Run,
  type Starter,
} from './process-group.ts';
import type { ShellCommands } from './shell-command.ts';

type Current = {
  readonly command: ExecCheck['command'];
  readonly program: string;
  readonly capture: Capture;
  readonly run: Run;
  status: number | null;
};

/** Runs one program at a time, in the process group of its dash, which goes on after it: 500 µs, of it 50 in the
 *  monitor. A SIGKILL takes dash along, and so does a program that leaves others behind: they keep the group. */
const starterOn = (dash: Dash, clock: Clock, commands: ShellCommands): Starter => {
  const { child, children, pid: groupId } = dash;
  let current: Current | null = null;
  let usable = true;

  const end = (): void => {
    if (current === null) return;
    const { command, program, capture, run, status } = current;
    current = null;
    const said = capture.output().output;
    const isUnstarted = status === null ? child.exitCode !== null : isNoProgram(status);
    const error = isUnstarted ? complaint(dash.name, program, said) : null;
    if (error !== null) {
      commands.forget(command);
      return run.end({ kind: 'not-started', error });
    }
    const sent = run.sent();
    const exit =
      status === null
        ? { exitCode: null, signal: child.signalCode ?? 'SIGKILL' }
        : dashExit(status, sent !== null, capture);
    run.end({ kind: 'ended', ...exit, ...capture.output(), sent });
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
    end();
  };
  const kill = (name: GroupSignal): void => {
    // A program that gave itself a group of its own, as `timeout` does, is still the program.
    const ownGroupId = children.groupOfOldest();
    if (ownGroupId !== null && ownGroupId !== groupId) signalGroup(ownGroupId, name);
    signalGroup(groupId, name);
  };

  dash.stdout.on('data', (chunk: Buffer) => current?.capture.add(chunk, 'stdout'));
  dash.stderr.on('data', (chunk: Buffer) => current?.capture.add(chunk, 'stderr'));
  dash.statuses.on('data', (chunk: Buffer) => {
    if (current === null) return;
    current.status = Number(chunk.toString('latin1'));
    // Dash goes away from them, and whether they hold the output open shows as with any program that has ended.
    if (!children.none()) return close();
    // What the program wrote lies in the sockets: it has been read when the loop has polled once more.
    setImmediate(setImmediate, end);
  });
  child.once('exit', () => {
    usable = false;
    children.close();
    if (current?.status === null) signalGroup(groupId, 'SIGKILL');
    child.once('close', endPipesSoon(clock, groupId, closePipes));
  });
  child.once('close', end);

  const start = (command: ExecCheck['command']): ProcessGroup => {
    const shell = commands.get(command);
    if (shell.kind === 'not-started') return notStarted(shell.error);
    const run = createRun(clock, kill, giveUp);
    current = { command, program: shell.program, capture: createCapture(), run, status: null };
    dash.commands.write(`${shell.words} </dev/null 3>&-\necho $? >&3\n`);
    return run;
  };
  return { start, isUsable: () => usable, close };
};

/** null: there is no such shell here. */
export const openDashStarter = async (
  clock: Clock,
  environment: NodeJS.ProcessEnv,
  commands: ShellCommands,
): Promise<Starter | null> => {
  const dash = await openDash(clock, environment);
  return dash === null ? null : starterOn(dash, clock, commands);
};
