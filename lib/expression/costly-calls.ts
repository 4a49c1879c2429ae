import { type CompiledPattern, compilePattern } from './pattern.ts';
import { callOf, literalText, type Matches, matchesOf, type Node } from './syntax-tree.ts';

/** Patterns that an answer brings along itself, bounded in number, length and size: it can bring another one each time,
 *  and the engine keeps up to 8 MB for one. */
const MOST_PATTERNS = 20;
const MOST_PATTERN_CHARS = 500;
/** Characters × repetitions, compiled within 25 ms. */
const MOST_REPEATED_CHARS = 10_000;
const REPETITION = /\{(\d+)(?:,(\d*))?\}/g;
const patterns = new Map<string, CompiledPattern>();

const repeatedChars = (expression: string): number => {
  let chars = expression.length;
  for (const [, least = '', most = ''] of expression.matchAll(REPETITION))
    chars *= Math.max(1, Number(least), Number(most));
  return chars;
};

const patternOf = (expression: string): CompiledPattern => {
  const known = patterns.get(expression);
  if (known) return known;
  if (expression.length > MOST_PATTERN_CHARS)
    throw new Error(`matches: the regular expression has ${expression.length} characters, more than 500`);
  if (repeatedChars(expression) > MOST_REPEATED_CHARS)
    throw new Error('matches: the regular expression repeats too much');
  const compiled = compilePattern(expression);
  if (patterns.size >= MOST_PATTERNS) patterns.clear();
  patterns.set(expression, compiled);
  return compiled;
};

const isIn = (compiled: CompiledPattern, text: string): boolean => {
  if (compiled.kind === 'invalid') throw new Error(`matches: ${compiled.message}`);
  return compiled.pattern.isIn(text);
};

/** A literal goes past the library's way to call, which takes twice as long as to find one. */
const watchLiteralPattern = (node: Node, receiver: Node, compiled: CompiledPattern): void => {
  const { evaluate } = node.meta;
  node.setMeta('evaluate', (evaluator, ast, context) => {
    const text = evaluator.run(receiver, context);
    return typeof text === 'string' ? isIn(compiled, text) : evaluate(evaluator, ast, context);
  });
};

const watchPattern = (node: Node): void => {
  const { handle } = node;
  node.handle = (values, ...rest) => {
    const [text, expression] = values as readonly unknown[];
    if (typeof text !== 'string' || typeof expression !== 'string') return handle?.(values, ...rest);
    return isIn(patternOf(expression), text);
  };
};

/** `matches` with the engine of RE2 that CEL prescribes. */
const watchMatches = (node: Node, { text, expression }: Matches): void => {
  const literal = literalText(expression);
  if (literal === null) watchPattern(node);
  else watchLiteralPattern(node, text, compilePattern(literal));
};

/** Why a call on these values is not made. */
type Refusal = (name: string, values: readonly unknown[]) => string | null;

/** To look for a text within another takes their lengths multiplied at worst, 4,500 an µs: 40 s in an answer that brings
 *  both along. */
const MOST_COMPARISONS = 1e8;
const search: Refusal = (name, [text, part]) =>
  typeof text === 'string' && typeof part === 'string' && text.length * part.length > MOST_COMPARISONS
    ? `${name}: ${part.length} characters are too many to look for in ${text.length}`
    : null;

const MOST_JOINED_CHARS = 1e7;
const join: Refusal = (name, [list, separator]) =>
  Array.isArray(list) && typeof separator === 'string' && list.length * separator.length > MOST_JOINED_CHARS
    ? `${name}: ${separator.length} characters are too many between ${list.length} items`
    : null;

/** The library reads digits without a unit in time that grows with the cube of their number. */
const MOST_DURATION_CHARS = 100;
const duration: Refusal = (name, [text]) =>
  typeof text === 'string' && text.length > MOST_DURATION_CHARS
    ? `${name}: ${text.length} characters are too many`
    : null;

/** Calls that take more time than their operands are long. None of them can be ended once it runs. */
const refusals = new Map<string, Refusal>([
  ['contains', search],
  ['indexOf', search],
  ['lastIndexOf', search],
  ['split', search],
  ['join', join],
  ['duration', duration],
]);

const refuse = (node: Node, name: string, refusal: Refusal): void => {
  const { handle } = node;
  node.handle = (values, ...rest) => {
    const refused = refusal(name, values as readonly unknown[]);
    if (refused !== null) throw new Error(refused);
    return handle?.(values, ...rest);
  };
};

/** A call whose last operand is a literal is as quick as its writer chose it to be: an answer chooses one side only. */
export const watchCall = (node: Node): void => {
  const matches = matchesOf(node);
  if (matches) {
    watchMatches(node, matches);
    return;
  }
  const call = callOf(node);
  const refusal = call && refusals.get(call.name);
  const last = call?.operands.at(-1);
  if (refusal && node.handle && last && literalText(last) === null) refuse(node, call.name, refusal);
};
