import type { ParseResult } from '@marcbachmann/cel-js';
import type { Scheme } from '../domain/endpoint.ts';
import { type Budget, createBudget } from './budget.ts';
import { environmentOf } from './environment.ts';
import { type CompiledPattern, compilePattern } from './pattern.ts';
import { literalText, matchesCall, type Node, nodesOf, type Operands } from './syntax-tree.ts';

type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Its time was over; `on` says what took long. */
  | { readonly kind: 'spent'; readonly on: string };

/** Evaluates an expression on values of the scheme's variables, for so many ms at most. Throws what is wrong with them. */
export type Evaluate = (variables: { readonly [name: string]: unknown }, limitMs: number) => Evaluated;

/** Steps of a loop between two looks at the budget, 0.4 µs each. */
const STEPS_BETWEEN_LOOKS = 16;

type Loop = { step: Node; condition?: (accumulated: unknown) => boolean };

/** A loop looks at the budget; one whose step must not throw (`all` and `exists` go on after an error) ends by its
 *  condition. */
const watchLoop = (node: Node, budget: Budget): void => {
  const loop = node.args as Loop;
  const { step, condition } = loop;
  const { evaluate } = step.meta;
  let left = 1;
  step.setMeta('evaluate', (evaluator, ast, context) => {
    if (--left === 0) {
      left = STEPS_BETWEEN_LOOKS;
      budget.spend('a loop over a list');
    }
    return evaluate(evaluator, ast, context);
  });
  if (condition) loop.condition = accumulated => budget.spentOn() === null && condition(accumulated);
};

/** Patterns that an answer brings along itself, bounded: it can bring another one each time. */
const MOST_PATTERNS = 100;
const MOST_PATTERN_CHARS = 500;
const patterns = new Map<string, CompiledPattern>();

const patternOf = (expression: string): CompiledPattern => {
  const known = patterns.get(expression);
  if (known) return known;
  if (expression.length > MOST_PATTERN_CHARS)
    throw new Error(`matches: the regular expression has ${expression.length} characters, more than 500`);
  const compiled = compilePattern(expression);
  if (patterns.size >= MOST_PATTERNS) patterns.clear();
  patterns.set(expression, compiled);
  return compiled;
};

/** `matches` with the engine of RE2 that CEL prescribes. */
const watchMatches = (node: Node, operands: Operands, budget: Budget): void => {
  const { evaluate } = node.meta;
  const literal = literalText(operands.expression);
  const compiled = literal === null ? null : compilePattern(literal);
  node.setMeta('evaluate', (evaluator, ast, context) => {
    const text = evaluator.run(operands.text, context);
    const expression = literal ?? evaluator.run(operands.expression, context);
    if (typeof text !== 'string' || typeof expression !== 'string') return evaluate(evaluator, ast, context);
    const used = compiled ?? patternOf(expression);
    if (used.kind === 'invalid') throw new Error(`matches: ${used.message}`);
    return used.pattern.isIn(text, budget);
  });
};

/** false: nothing in it can take long. */
const watch = (parsed: ParseResult, budget: Budget): boolean => {
  // Nodes are settled by it, and not again when they are evaluated.
  parsed.check();
  let isWatched = false;
  for (const node of nodesOf(parsed)) {
    const operands = matchesCall(node);
    if (operands) watchMatches(node, operands, budget);
    else if (node.op === 'comprehension') watchLoop(node, budget);
    else continue;
    isWatched = true;
  }
  return isWatched;
};

/** Throws what is wrong with the expression. */
export const compileExpression = (scheme: Scheme, expression: string): Evaluate => {
  const budget = createBudget();
  const parsed = environmentOf(scheme).parse(expression);
  if (!watch(parsed, budget)) return variables => ({ kind: 'value', value: parsed(variables) });
  return (variables, limitMs) => {
    budget.begin(limitMs);
    try {
      const value: unknown = parsed(variables);
      const on = budget.spentOn();
      return on === null ? { kind: 'value', value } : { kind: 'spent', on };
    } catch (error) {
      const on = budget.spentOn();
      if (on !== null) return { kind: 'spent', on };
      throw error;
    }
  };
};
