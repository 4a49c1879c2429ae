import { machineText } from '../../bench/harness/machine.ts';
import type { Fact } from '../scenario.ts';
import { held, type Outcome, type Report } from './report.ts';

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const factLines = (facts: readonly Fact[]): readonly string[] => {
  const width = Math.max(...facts.map(({ claim }) => claim.length));
  return facts.map(
    ({ claim, holds, seen }) => `  ${holds ? 'held  ' : 'BROKEN'}  ${claim.padEnd(width)}  ${seen}`,
  );
};

export const outcomeText = (outcome: Outcome): string => {
  const head = `${outcome.name}: ${outcome.promise} (${seconds(outcome.tookMs)})`;
  switch (outcome.kind) {
    case 'tried':
      return [head, ...factLines(outcome.facts)].join('\n');
    case 'broke':
      return `${head}\n  BROKEN  the scenario did not come to its end: ${outcome.why}`;
    case 'not-run':
      return `${head}\n  not run: ${outcome.why}`;
    default:
      return outcome satisfies never;
  }
};

const summary = ({ outcomes, seed, tookMs }: Report): string => {
  const tried = outcomes.filter(({ kind }) => kind !== 'not-run');
  const notRun = outcomes.length - tried.length;
  return [
    `${tried.filter(held).length} of ${tried.length} scenarios held`,
    ...(notRun > 0 ? [`${notRun} not run`] : []),
    `seed ${seed}`,
    seconds(tookMs),
  ].join('; ');
};

/** For people: a table of what held for each scenario. */
export const reportText = (report: Report): string =>
  [machineText(report.machine), ...report.outcomes.map(outcomeText), summary(report)].join('\n\n');
