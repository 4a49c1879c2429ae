import { runCommand, WrongUse } from '../../lib/cli/arguments.ts';
import { describeMachine } from '../bench/harness/machine.ts';
import { sharedTime } from './lengths.ts';
import { allHeld, type Outcome, type Report } from './report/report.ts';
import { outcomeText, reportText } from './report/text.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { tryScenario } from './try-scenario.ts';

const command = {
  name: 'npm run chaos',
  help: `Does to a running monitor what machines, disks, clocks and people do, and shows which promises held.

  npm run chaos -- [NAME...] [options]

  NAME          scenarios to run (default: all)
  --list        which there are
  --minutes N   about so long for all of them together (default: each as long as it finds something, hours)
  --seed N      repeats what was random (default: another one each time, printed at the end)
  --json        one JSON document
  --help        this text

Real monitors as npm start runs them, on loopback, in folders of their own. What needs root or a tool that is
not there is not run, and said. Progress goes to stderr, the table to stdout. Exit codes: 0 all held, 1 not,
2 wrong use.`,
  options: {
    list: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  maxPositionals: 100,
} as const;

const wholeNumber = (option: string, text: string, most: number): number => {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most)
    throw new WrongUse(`--${option} is "${text}", not a number from 1 to ${most}`);
  return value;
};

const MOST_MINUTES = 10_000;
const MOST_SEED = 2 ** 31 - 1;

const chosen = (names: readonly string[]): ReadonlyMap<string, Scenario> => {
  const unknown = names.find(name => !scenarios.has(name));
  if (unknown !== undefined)
    throw new WrongUse(`there is no scenario "${unknown}". There are: ${[...scenarios.keys()].join(', ')}`);
  return names.length === 0 ? scenarios : new Map([...scenarios].filter(([name]) => names.includes(name)));
};

const list = (): string =>
  [...scenarios].map(([name, { promise }]) => `${name.padEnd(18)} ${promise}`).join('\n');

const untilGivenUp = (): AbortSignal => {
  const given = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => given.abort());
  return given.signal;
};

await runCommand(command, async (options, names) => {
  const selected = chosen(names);
  const totalMs =
    options.minutes === undefined ? null : wholeNumber('minutes', options.minutes, MOST_MINUTES) * 60_000;
  const seed =
    options.seed === undefined ? Date.now() % MOST_SEED : wholeNumber('seed', options.seed, MOST_SEED);
  if (options.list) {
    process.stdout.write(`${list()}\n`);
    return 0;
  }
  const fromMs = performance.now();
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const signal = untilGivenUp();
  const lengths = sharedTime(selected, totalMs);
  const outcomes: Outcome[] = [];
  for (const [name, scenario] of selected) {
    if (signal.aborted) break;
    const outcome = await tryScenario(name, scenario, {
      forMs: lengths.get(name) ?? 0,
      seed,
      progress,
      signal,
    });
    progress(`${outcomeText(outcome)}\n`);
    outcomes.push(outcome);
  }
  const report: Report = {
    machine: describeMachine(null),
    seed,
    tookMs: performance.now() - fromMs,
    outcomes,
  };
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 1) : reportText(report)}\n`);
  return allHeld(report) && !signal.aborted ? 0 : 1;
});
