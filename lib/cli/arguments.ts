import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** What a command takes. `options` need no `help`: it is always there. */
export type Command<O extends ParseArgsOptionsConfig> = {
  /** As a person calls it: `npm run validate`. */
  readonly name: string;
  /** The whole text of `--help`. */
  readonly help: string;
  readonly options: O;
  readonly maxPositionals: number;
};

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>;
export type CommandLine<O extends ParseArgsOptionsConfig> =
  | { readonly kind: 'run'; readonly values: Parsed<O>['values']; readonly positionals: readonly string[] }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong-use'; readonly text: string };

/** `parseArgs` explains itself at length; the first sentence says it all. */
const firstSentence = (message: string): string => message.split(/\. |\n/)[0]?.replace(/\.$/, '') ?? message;

const wrongUse = (name: string, what: string) =>
  ({ kind: 'wrong-use', text: `${name}: ${what}. Try --help.` }) as const;

export const parseCommandLine = <const O extends ParseArgsOptionsConfig>(
  command: Command<O>,
  args: readonly string[],
): CommandLine<O> => {
  if (args.includes('--help') || args.includes('-h')) return { kind: 'help', text: command.help };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: command.options,
      strict: true,
      allowPositionals: true,
    });
    const excess = positionals[command.maxPositionals];
    if (excess !== undefined) return wrongUse(command.name, `Unexpected argument '${excess}'`);
    return { kind: 'run', values: values as Parsed<O>['values'], positionals };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return wrongUse(command.name, firstSentence(error.message));
  }
};

/** Thrown by a command that cannot do what it is asked: one line on stderr, exit code 2. Ends without a full stop. */
export class WrongUse extends Error {}

/** Runs a command on this process's arguments: `--help` prints and exits 0, wrong use is one line on stderr
 *  and exit code 2, else what `run` resolves to is the exit code. */
export const runCommand = async <const O extends ParseArgsOptionsConfig>(
  command: Command<O>,
  run: (values: Parsed<O>['values'], positionals: readonly string[]) => Promise<number>,
): Promise<void> => {
  const line = parseCommandLine(command, process.argv.slice(2));
  switch (line.kind) {
    case 'help':
      process.stdout.write(`${line.text.trim()}\n`);
      return;
    case 'wrong-use':
      process.stderr.write(`${line.text}\n`);
      process.exitCode = 2;
      return;
    case 'run':
      try {
        process.exitCode = await run(line.values, line.positionals);
      } catch (error) {
        if (!(error instanceof WrongUse)) throw error;
        process.stderr.write(`${command.name}: ${error.message}.\n`);
        process.exitCode = 2;
      }
      return;
    default:
      line satisfies never;
  }
};
