import type { ParseResult } from '@marcbachmann/cel-js';
import type { Scheme } from '../domain/endpoint.ts';
import { budget } from './budget.ts';
import { watchCall } from './costly-calls.ts';
import { environmentOf } from './environment.ts';
import { callOf, type Node, nodesOf } from './syntax-tree.ts';

type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  /** The budget is over. */
  | { readonly kind: 'ended'; readonly how: string };

/** Evaluates an expression on values of the scheme's variables, within the budget that was begun. Throws what is wrong
 *  with them. */
export type Evaluate = (variables: { readonly [name: string]: unknown }) => Evaluated;

type Loop = { step: Node; condition?: (accumulated: unknown) => boolean };

/** Each step of a loop looks at the budget, as one step can take 10 ms; a loop whose step must not throw (`all` and
 *  `exists` go on after an error) ends by its condition. */
const watchLoop = (macro: string, node: Node): void => {
  const loop = node.args as Loop;
  const { step, condition } = loop;
  const { evaluate } = step.meta;
  const { handle } = node;
  let items: number | null = null;
  const label = () => (items === null ? `${macro} over a map` : `${macro} over ${items} items`);
  node.handle = (collection, ...rest) => {
    items = Array.isArray(collection) ? collection.length : null;
    return handle?.(collection, ...rest);
  };
  step.setMeta('evaluate', (evaluator, ast, context) => {
    budget.spend(label);
    return evaluate(evaluator, ast, context);
  });
  if (condition) loop.condition = accumulated => budget.end() === null && condition(accumulated);
};

const watch = (parsed: ParseResult): void => {
  // Nodes are settled by it, and not again when they are evaluated.
  parsed.check();
  for (const node of nodesOf(parsed)) {
    const loop = node.meta.alternate;
    if (loop?.op === 'comprehension') watchLoop(callOf(node)?.name ?? 'a loop', loop);
    else watchCall(node);
  }
};

/** Throws what is wrong with the expression. */
export const compileExpression = (scheme: Scheme, expression: string): Evaluate => {
  const parsed = environmentOf(scheme).parse(expression);
  watch(parsed);
  return variables => {
    try {
      const value: unknown = parsed(variables);
      const how = budget.end();
      return how === null ? { kind: 'value', value } : { kind: 'ended', how };
    } catch (error) {
      const how = budget.end();
      if (how !== null) return { kind: 'ended', how };
      throw error;
    }
  };
};
