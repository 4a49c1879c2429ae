import { machineText } from '../harness/machine.ts';
import { factsText, goalText, tableOf } from './columns.ts';
import { missedGoals, type Report } from './report.ts';

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

/** For people. */
export const reportText = (report: Report): string => {
  const { machine, rounds, tookMs, benchmarks } = report;
  const missed = missedGoals(report);
  return [
    machineText(machine),
    `Medians of ${rounds} rounds (least–most). Spans count from the due instant; those of references, which have none, from the sending.`,
    ...benchmarks.map(one => `\n${benchmarkText(one)}`),
    `\n${Math.round(tookMs / 1000)} s; ${missed === 0 ? 'every goal reached' : `${missed} goals missed`}`,
  ].join('\n');
};
