import { machineText } from '../harness/machine.ts';
import { factsText, goalText, tableOf } from './columns.ts';
import type { Report } from './report.ts';

const aligned = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows.map(row =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
};

const benchmarkText = ({ name, measures, measurements }: Report['benchmarks'][number]): string => {
  const said = measurements.flatMap(measurement => {
    const facts = factsText(measurement);
    return [
      ...(facts === null ? [] : [`${measurement.subject}: ${facts}`]),
      ...measurement.notes.map(note => `${measurement.subject}: ${note}`),
      ...measurement.goals.map(goalText),
    ];
  });
  const lines = [...aligned(tableOf(measurements)), ...said].map(line => `  ${line}`.trimEnd());
  return [`${name}: ${measures}`, ...lines].join('\n');
};

const summary = ({ benchmarks, tookMs }: Report): string => {
  const measurements = benchmarks.flatMap(one => one.measurements);
  const goals = measurements.flatMap(one => one.goals);
  const reached = goals.filter(goal => goal.reached).length;
  const skipped = measurements.filter(({ notes }) => notes.some(note => note.startsWith('skipped'))).length;
  return [
    `${Math.round(tookMs / 1000)} s`,
    `${reached} of ${goals.length} goals reached`,
    ...(skipped > 0 ? [`${skipped} rows skipped`] : []),
  ].join('; ');
};

/** For people. */
export const reportText = (report: Report): string => {
  const { machine, rounds, benchmarks } = report;
  return [
    machineText(machine),
    `Medians of up to ${rounds} rounds (least–most). Spans count from the due instant; those of references, which have none, from the start of each.`,
    ...benchmarks.map(one => `\n${benchmarkText(one)}`),
    `\n${summary(report)}`,
  ].join('\n');
};
