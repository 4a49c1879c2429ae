import { RE2JS, RE2JSSyntaxException } from 're2js';
import { budgetedText } from './budgeted-text.ts';

/** A regular expression of RE2: whatever the text, the time grows with its length alone. A long search looks at the
 *  budget and throws when that is over. */
export type Pattern = { readonly isIn: (text: string) => boolean };

export type CompiledPattern =
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  /** `at`: where in the expression, in characters. */
  | { readonly kind: 'invalid'; readonly message: string; readonly fix: string; readonly at: number };

/** An expression that means its own characters, perhaps at an end of the text: found without the engine. */
const LITERAL = /^(?<start>\^?)(?<text>(?:[^\\^$.|?*+()[\]{}]|\\[\\^$.|?*+()[\]{}/"-])*)(?<end>\$?)$/;

const literalOf = (expression: string): Pattern | null => {
  const groups = LITERAL.exec(expression)?.groups;
  if (!groups) return null;
  const text = (groups.text ?? '').replace(/\\(.)/g, '$1');
  const [atStart, atEnd] = [groups.start !== '', groups.end !== ''];
  if (atStart && atEnd) return { isIn: given => given === text };
  if (atStart) return { isIn: given => given.startsWith(text) };
  if (atEnd) return { isIn: given => given.endsWith(text) };
  return { isIn: given => given.includes(text) };
};

const fixOf = (wrong: string): string => {
  if (/^\(\?<?[=!]/.test(wrong))
    return 'RE2 has no lookahead or lookbehind: write two tests, the second with "!" where something must be absent';
  if (/^\\[1-9]/.test(wrong)) return 'RE2 has no backreferences: write out what may stand there';
  if (wrong === '\\Z') return 'Write "$" for the end of the text';
  if (/^\{\d+(?:,\d*)?\}$/.test(wrong)) return 'Repeat something at most 1,000 times';
  return 'Write a regular expression of RE2; put a "\\" before what is meant literally';
};

const MOST_SHOWN = 60;
const shown = (expression: string): string =>
  expression.length > MOST_SHOWN ? `${expression.slice(0, MOST_SHOWN)}…` : expression;

/** The error of the engine without the part that repeats what is wrong. */
const describe = (error: RE2JSSyntaxException): string => {
  const wrong = error.getPattern() ?? '';
  return wrong === '' ? error.getDescription() : `${error.getDescription()}: ${shown(wrong)}`;
};

/** How the expression is written: that of RE2, which Go, CEL and Google's tools use. */
export const compilePattern = (expression: string): CompiledPattern => {
  const literal = literalOf(expression);
  if (literal) return { kind: 'pattern', pattern: literal };
  try {
    const compiled = RE2JS.compile(expression);
    const instructions = compiled.programSize();
    const step = () => `the regular expression ${shown(expression)}`;
    return {
      kind: 'pattern',
      pattern: { isIn: text => compiled.test(budgetedText(text, instructions, step)) },
    };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const wrong = error.getPattern() ?? '';
    return {
      kind: 'invalid',
      message: describe(error),
      fix: fixOf(wrong),
      at: Math.max(0, expression.indexOf(wrong)),
    };
  }
};
