import { isNativeError } from 'node:util/types';
import type { Scheme, SuccessTest } from '../../domain/endpoint.ts';
import type { Json } from '../../domain/json.ts';
import { successTestVariables } from '../../domain/success-test.ts';
import { compileExpression, type Evaluate } from '../../expression/compile.ts';
import type { Answered } from './answer.ts';
import { pathKeys, valueAt } from './json-path.ts';
import { codeOf, excerpt, messageOf } from './text.ts';

/** A test made ready: what is wrong with an answer, or null when it passes. It ends when the budget does. Never throws. */
export type RunTest = (answer: Answered) => string | null;

const shown = (value: Json): string => excerpt(JSON.stringify(value));

const equals = (key: string, wanted: Json): RunTest => {
  const keys = pathKeys(key);
  return answer => {
    const parsed = answer.json();
    if (parsed.kind === 'none') return `${key}: ${parsed.error}`;
    const value = valueAt(parsed.value, keys);
    if (value === wanted) return null;
    return value === undefined
      ? `${key} is not in the answer, expected ${shown(wanted)}`
      : `${key} is ${shown(value)}, expected ${shown(wanted)}`;
  };
};

/** Bounded: the library puts whole values into some of its messages. */
const MAX_SUMMARY_CHARS = 200;

const summaryOf = (error: unknown): string =>
  excerpt(
    isNativeError(error) && 'summary' in error && typeof error.summary === 'string'
      ? error.summary
      : messageOf(error),
    MAX_SUMMARY_CHARS,
  );

type Variables = ReturnType<Answered['variables']>;

/** Why an expression has no value on an answer. */
const problem = (
  error: unknown,
  answer: Answered,
  names: readonly string[],
  variables: Variables,
): string => {
  const summary = summaryOf(error);
  switch (codeOf(error)) {
    case 'unknown_variable': {
      const absent = names.find(name => variables[name] === undefined);
      const parsed = absent === 'json' ? answer.json() : null;
      return parsed?.kind === 'none' ? parsed.error : `the answer has no ${absent ?? 'such variable'}`;
    }
    case 'no_such_overload':
      return summary.includes('double') && summary.includes('int')
        ? `${summary}. JSON numbers are doubles: write 1.0, not 1, beside + - * / %`
        : summary;
    default:
      return summary;
  }
};

const NUMERIC = new Set(['int', 'double']);

const readable = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toFixed(1))) : String(value);

const compile = (scheme: Scheme, expression: string): RunTest => {
  let evaluate: Evaluate;
  try {
    evaluate = compileExpression(scheme, expression);
  } catch (error) {
    const reason = `${expression}: ${summaryOf(error)}`;
    return () => reason;
  }
  const types = successTestVariables[scheme];
  const names = Object.keys(types).filter(name => new RegExp(`\\b${name}\\b`).test(expression));
  const numbers = names.filter(name => NUMERIC.has(types[name] ?? ''));
  return answer => {
    const variables = answer.variables(names);
    try {
      const evaluated = evaluate(variables);
      if (evaluated.kind === 'ended') return `${expression}: ${evaluated.how}`;
      const verdict = evaluated.value;
      if (verdict === true) return null;
      if (verdict !== false) return `${expression}: is not true or false`;
      const values = numbers
        .filter(name => variables[name] !== undefined)
        .map(name => `${name} = ${readable(variables[name])}`);
      return values.length === 0 ? `${expression} is false` : `${expression} is false (${values.join(', ')})`;
    } catch (error) {
      return `${expression}: ${problem(error, answer, names, variables)}`;
    }
  };
};

/** Endpoints hold on to the tests they use, so emptying the cache costs a parse, not correctness. */
const MAX_COMPILED = 10_000;
const compiled = new Map<string, RunTest>();

const cel = (scheme: Scheme, expression: string): RunTest => {
  const key = `${scheme} ${expression}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const test = compile(scheme, expression);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(key, test);
  return test;
};

export const prepareTest = (scheme: Scheme, test: SuccessTest): RunTest => {
  switch (test.kind) {
    case 'equals':
      return equals(test.key, test.value);
    case 'cel':
      return cel(scheme, test.expression);
    default:
      return test satisfies never;
  }
};

/** As a person wrote it. */
export const testText = (test: SuccessTest): string =>
  test.kind === 'cel' ? test.expression : `${test.key} is ${shown(test.value)}`;
