import { styleText } from 'node:util';
import { type Loaded, loadFolder } from '../config/load-folder.ts';
import { formatAnnotation, formatProblem, type Problem } from '../config/problem/problem.ts';
import { watchedEndpoints } from '../domain/config.ts';
import { runCommand, WrongUse } from './arguments.ts';

const help = `
Checks every *.yml file of a folder and says what is wrong, where, and how to put it right.

Usage: npm run validate -- [DIR] [--format pretty|json|github]

  DIR        folder with the endpoint files (default: endpoints)
  --format   pretty: one line a problem (default)
             json:   one JSON document
             github: annotations for GitHub Actions
  --help     this text

Exit codes: 0 no errors (warnings and notes do not count), 1 errors, 2 wrong use.
`;

type Summary = {
  readonly files: number;
  readonly invalid_files: number;
  readonly endpoints: number;
  readonly targets: number;
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
};

const summaryOf = ({ config, files, invalidFiles, problems }: Loaded): Summary => {
  const count = (severity: Problem['severity']) => problems.filter(each => each.severity === severity).length;
  return {
    files: files.size,
    invalid_files: invalidFiles.length,
    endpoints: watchedEndpoints(config).length,
    targets: config.targets.length,
    errors: count('error'),
    warnings: count('warning'),
    notes: count('note'),
  };
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const summaryLine = ({ files, endpoints, targets, errors, warnings, notes }: Summary): string => {
  const found = [counted(errors, 'error'), counted(warnings, 'warning'), counted(notes, 'note')];
  const loaded = [counted(files, 'file'), counted(endpoints, 'endpoint'), counted(targets, 'target')];
  return `${loaded.join(', ')}: ${found.filter(text => !text.startsWith('0 ')).join(', ') || 'no problems'}.`;
};

const colors = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** Colors appear on terminals only: `styleText` looks at the stream. */
const pretty = (problem: Problem): string => {
  const line = formatProblem(problem);
  const at = `${problem.file}:${problem.line}:${problem.col}:`.length;
  return styleText(colors[problem.severity], line.slice(0, at), { stream: process.stdout }) + line.slice(at);
};

const render = (format: string, { problems }: Loaded, summary: Summary): string => {
  switch (format) {
    case 'pretty':
      return [...problems.map(pretty), summaryLine(summary)].join('\n');
    case 'github':
      return [...problems.map(formatAnnotation), summaryLine(summary)].join('\n');
    case 'json':
      return JSON.stringify({ problems, ...summary }, null, 2);
    default:
      throw new WrongUse(`--format is '${format}', not pretty, json or github. Try --help`);
  }
};

await runCommand(
  {
    name: 'npm run validate',
    help,
    options: { format: { type: 'string', default: 'pretty' } },
    maxPositionals: 1,
  },
  async ({ format }, [folder = 'endpoints']) => {
    const loaded = await loadFolder(folder);
    if (loaded.kind === 'no-folder') throw new WrongUse(loaded.message);
    const summary = summaryOf(loaded);
    process.stdout.write(`${render(String(format), loaded, summary)}\n`);
    return summary.errors > 0 ? 1 : 0;
  },
);
