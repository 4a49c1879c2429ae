import type { Environment } from '@marcbachmann/cel-js';
import type { Scheme } from '../../domain/endpoint.ts';
import { successTestVariables } from '../../domain/success-test.ts';
import { environmentOf } from '../../expression/environment.ts';
import { compilePattern } from '../../expression/pattern.ts';
import { literalText, matchesOf, nodesOf } from '../../expression/syntax-tree.ts';
import { plain } from '../problem/show.ts';
import { didYouMean } from '../problem/suggest.ts';

export type ExpressionCheck =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly message: string; readonly fix: string; readonly skip: number };

type CelError = {
  readonly code?: string;
  readonly summary?: string;
  readonly range?: { readonly start: number };
};

const fixOf = (scheme: Scheme, code: string, summary: string): string => {
  const variables = Object.keys(successTestVariables[scheme]);
  if (code === 'unknown_variable') {
    const name = summary.slice(summary.lastIndexOf(' ') + 1);
    return didYouMean(name, variables, `With ${scheme} there are ${variables.join(', ')}`);
  }
  if (
    code === 'no_such_overload' &&
    /double|int/.test(summary) &&
    /\bint\b/.test(summary) &&
    summary.includes('double')
  )
    return 'Write the number with a decimal point: 300.0';
  return code === 'no_such_overload' || code === 'no_matching_overload'
    ? 'Compare and call values of fitting types'
    : 'Write a CEL expression such as status_code == 200 && latency_ms < 300';
};

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Regular expressions that stand in the expression itself. */
const checkPatterns = (environment: Environment, expression: string): ExpressionCheck => {
  const parsed = environment.parse(expression);
  parsed.check();
  for (const node of nodesOf(parsed)) {
    const operand = matchesOf(node)?.expression;
    const pattern = operand ? literalText(operand) : null;
    if (!operand || pattern === null) continue;
    const compiled = compilePattern(pattern);
    if (compiled.kind === 'invalid')
      return {
        kind: 'invalid',
        message: `matches: ${plain(compiled.message)}`,
        fix: compiled.fix,
        // Behind the quotation mark.
        skip: Math.min(operand.start + 1 + compiled.at, expression.length),
      };
  }
  return { kind: 'valid' };
};

const check = (environment: Environment, scheme: Scheme, expression: string): ExpressionCheck => {
  const result = environment.check(expression);
  if (!result.valid) {
    const { code = '', summary = 'it cannot be read', range }: CelError = result.error ?? {};
    return {
      kind: 'invalid',
      message: plain(lowerFirst(summary)).replace('token: EOF', 'end'),
      fix: fixOf(scheme, code, summary),
      skip: Math.min(range?.start ?? 0, expression.length),
    };
  }
  // `json.ok` is known to be a bool only when it is evaluated.
  if (result.type === 'bool' || result.type === 'dyn') return checkPatterns(environment, expression);
  return {
    kind: 'invalid',
    message: `it yields ${result.type}, not true or false`,
    fix: 'Compare it with something: status_code == 200',
    skip: 0,
  };
};

/** Bounds the cache of a process that reloads for years. */
const MAX_CACHED = 20_000;
const cache = new Map<string, ExpressionCheck>();

/** Type-checks a CEL expression against the variables of a scheme. */
export const checkExpression = (scheme: Scheme, expression: string): ExpressionCheck => {
  const key = `${scheme} ${expression}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const result = check(environmentOf(scheme), scheme, expression);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, result);
  return result;
};
