import type { Clock } from '../../domain/clock.ts';
import { limitConcurrency } from '../../engine/pacing/limit-concurrency.ts';
import type { Outcome } from '../../engine/ports/send.ts';
import { excerpt } from '../../probe/answer/text.ts';
import { inherited } from '../../probe/exec/inherited.ts';
import { type CommandEnd, runCommand } from './command.ts';
import { accepted, failed, type Sender } from './sender.ts';

export type RunDeps = {
  /** What commands inherit, but for secrets. */
  readonly env: { readonly [variable: string]: string | undefined };
  readonly clock: Clock;
};

const MAX_COMMANDS_AT_ONCE = 16;
const MAX_LINE_LENGTH = 300;

const lastLine = (output: string): string => {
  const line = excerpt(output.trimEnd().split('\n').at(-1) ?? '', MAX_LINE_LENGTH);
  return line === '' ? '' : `: ${line}`;
};

const outcomeOf = (end: CommandEnd, program: string, timeoutMs: number): Outcome => {
  switch (end.kind) {
    case 'exit':
      return end.code === 0
        ? accepted
        : failed(`${program} ended with exit code ${end.code}${lastLine(end.output)}`);
    case 'signal':
      return failed(`${program} was ended by ${end.signal}${lastLine(end.output)}`);
    case 'timeout':
      return failed(`${program} did not end within ${timeoutMs / 1000} s and was stopped`);
    case 'aborted':
      return failed(`${program} was stopped with the monitor`);
    case 'not-started':
      return failed(end.error);
    default:
      return end satisfies never;
  }
};

export const runSender = ({ env, clock }: RunDeps): Sender<'run'> => {
  const given = inherited(env);
  const limited = limitConcurrency(MAX_COMMANDS_AT_ONCE);
  return async ({ rendered: { command, env: variables, stdin, timeoutMs } }, signal) => {
    const end = await limited(() =>
      runCommand(
        clock,
        { argv: command, env: { ...given, ...variables }, stdin: JSON.stringify(stdin), timeoutMs },
        signal,
      ),
    );
    return outcomeOf(end, command[0] ?? '', timeoutMs);
  };
};
