/** What is wrong with a file, where, and how to put it right. Holds no secret. */
export type Problem = {
  /** As the user would write it from where they stand: `endpoints/shop.yml`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly col: number;
  readonly severity: 'error' | 'warning' | 'note';
  /** One clause without its full stop. */
  readonly message: string;
  /** One sentence without its full stop, or empty where the message says it all. */
  readonly fix: string;
};

const sentence = (clause: string): string =>
  clause === '' ? '' : /[.?!]$/.test(clause) ? clause : `${clause}.`;

export const problemText = ({ message, fix }: Pick<Problem, 'message' | 'fix'>): string =>
  fix === '' ? sentence(message) : `${sentence(message)} ${sentence(fix)}`;

/** `endpoints/shop.yml:14:15: interval is "5". Add a unit: "5s" or "5ms".` */
export const formatProblem = (problem: Problem): string => {
  const place = `${problem.file}:${problem.line}:${problem.col}`;
  return problem.severity === 'error'
    ? `${place}: ${problemText(problem)}`
    : `${place}: ${problem.severity}: ${problemText(problem)}`;
};

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** A GitHub Actions annotation. */
export const formatAnnotation = (problem: Problem): string => {
  const command = problem.severity === 'note' ? 'notice' : problem.severity;
  const place = `file=${escapeProperty(problem.file)},line=${problem.line},col=${problem.col}`;
  return `::${command} ${place}::${escapeData(problemText(problem))}`;
};

/** The order in which a person goes through the files. */
export const byPlace = (a: Problem, b: Problem): number =>
  (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.col - b.col;
