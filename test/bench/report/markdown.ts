import { machineText } from '../harness/machine.ts';
import { tableOf } from './columns.ts';
import { short } from './number.ts';
import type { Report } from './report.ts';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const tableText = (rows: readonly (readonly string[])[]): string => {
  const [header = [], ...others] = rows;
  return [row(header), row(header.map((_, at) => (at === 0 ? '---' : '---:'))), ...others.map(row)].join(
    '\n',
  );
};

/** For a README: what was measured and which goals were reached. */
export const reportMarkdown = ({ machine, rounds, benchmarks }: Report): string => {
  const measured = benchmarks.map(
    ({ name, measures, measurements }) =>
      `**\`${name}\`** ${measures}\n\n${tableText(tableOf(measurements))}`,
  );
  const goals = benchmarks.flatMap(({ name, measurements }) =>
    measurements.flatMap(({ subject, goals }) =>
      goals.map(goal => [
        `\`${name}\` ${subject}`,
        `${goal.name} ${short(goal.limit)} ${goal.unit}`.trim(),
        goal.measured === null ? 'not measured' : `${short(goal.measured)} ${goal.unit}`.trim(),
        goal.reached ? 'ok' : 'missed',
      ]),
    ),
  );
  return [
    `${machineText(machine)}. Medians of up to ${rounds} rounds (least–most).`,
    ...measured,
    ...(goals.length === 0 ? [] : [tableText([['', 'goal', 'measured', ''], ...goals])]),
  ].join('\n\n');
};
