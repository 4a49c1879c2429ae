import { runCommand, WrongUse } from '../../lib/cli/arguments.ts';
import type { Context, Measurement } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { findCores } from './harness/cores.ts';
import { describeMachine } from './harness/machine.ts';
import { skipped } from './harness/measurement.ts';
import { reportMarkdown } from './report/markdown.ts';
import { missedGoals, type Report } from './report/report.ts';
import { reportText } from './report/text.ts';

const command = {
  name: 'npm run bench',
  help: `Measures how fast this machine checks, against references measured in the same run.

  npm run bench -- [NAME...] [options]

  NAME          benchmarks to run (default: the suite, under 5 minutes)
  --list        which there are
  --rounds N    rounds of each, interleaved with its references (default 3)
  --json        one JSON document
  --markdown    tables for a README
  --strict      exit code 1 when a goal is missed
  --help        this text

Nothing leaves loopback. Progress goes to stderr, the report to stdout. Exit codes: 0 measured, whatever
the figures are, 1 failed, or a goal missed with --strict, 2 wrong use.`,
  options: {
    list: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  },
  maxPositionals: 100,
} as const;

const readRounds = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new WrongUse(`--rounds is "${text}", not a number from 1 to 99`);
  return Number(text);
};

const chosen = (names: readonly string[]): readonly string[] => {
  const known = [...benchmarks.keys()];
  const unknown = names.find(name => !benchmarks.has(name));
  if (unknown !== undefined)
    throw new WrongUse(`there is no benchmark "${unknown}". There are: ${known.join(', ')}`);
  return names.length > 0
    ? known.filter(name => names.includes(name))
    : known.filter(name => benchmarks.get(name)?.inDefaultSuite);
};

const list = (): string =>
  [...benchmarks]
    .map(
      ([name, { measures, inDefaultSuite }]) => `${name.padEnd(12)}${inDefaultSuite ? ' ' : '*'} ${measures}`,
    )
    .concat('', '* only when named')
    .join('\n');

/** One benchmark that breaks does not stop the others. */
const broken = (cause: Error): Measurement => skipped('Peregrine', 'check', `it broke: ${cause.message}`);

const runAll = async (names: readonly string[], context: Context): Promise<Report> => {
  const startedMs = performance.now();
  const machine = describeMachine(context.cores);
  const results: Report['benchmarks'][number][] = [];
  for (const name of names) {
    const benchmark = benchmarks.get(name);
    if (!benchmark || context.signal.aborted) continue;
    const fromMs = performance.now();
    const measurements = await benchmark.run(context).catch((cause: Error) => [broken(cause)]);
    results.push({ name, measures: benchmark.measures, tookMs: performance.now() - fromMs, measurements });
  }
  return { machine, rounds: context.rounds, tookMs: performance.now() - startedMs, benchmarks: results };
};

const untilGivenUp = (): AbortSignal => {
  const given = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => given.abort());
  return given.signal;
};

await runCommand(command, async (options, names) => {
  const context: Context = {
    rounds: readRounds(options.rounds),
    cores: findCores(),
    progress: line => process.stderr.write(`${line}\n`),
    signal: untilGivenUp(),
  };
  const selected = chosen(names);
  if (options.list) {
    process.stdout.write(`${list()}\n`);
    return 0;
  }
  const report = await runAll(selected, context);
  const text = options.json
    ? JSON.stringify(report, null, 1)
    : options.markdown
      ? reportMarkdown(report)
      : reportText(report);
  process.stdout.write(`${text}\n`);
  return options.strict && missedGoals(report) > 0 ? 1 : 0;
});
