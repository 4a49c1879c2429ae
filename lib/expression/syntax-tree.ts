import type { ParseResult } from '@marcbachmann/cel-js';

/** What evaluates a node: with the evaluator, the node and the variables in force. */
type Evaluate = (evaluator: Evaluator, node: Node, context: unknown) => unknown;
type Evaluator = { readonly run: (node: Node, context: unknown) => unknown };

/** A node of a parsed expression, as far as this project looks at one. Macros (`all`, `exists`, `map` …) are a node that
 *  stands for a loop, their `alternate`. */
export type Node = {
  readonly op: string;
  readonly args: unknown;
  /** Where it stands in the expression, in characters. */
  readonly start: number;
  readonly meta: { readonly evaluate: Evaluate; readonly alternate?: Node; readonly macro?: object };
  readonly setMeta: (key: 'evaluate', evaluate: Evaluate) => unknown;
};

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;

/** Every node once, from the root down. Only of an expression that was checked: nodes are settled then. */
export const nodesOf = function* (parsed: ParseResult): Generator<Node> {
  const seen = new Set<unknown>();
  const waiting: unknown[] = [parsed.ast];
  for (let value = waiting.pop(); value !== undefined || waiting.length > 0; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isNode(value)) {
      yield value;
      waiting.push(value.args, value.meta.alternate, value.meta.macro);
    } else if (Array.isArray(value)) waiting.push(...value);
    else waiting.push(...Object.values(value).filter(part => isNode(part) || Array.isArray(part)));
  }
};

/** Operands of a call of `text.matches(expression)`. */
export type Operands = { readonly text: Node; readonly expression: Node };

export const matchesCall = (node: Node): Operands | null => {
  if (node.op !== 'rcall' || !Array.isArray(node.args)) return null;
  const [name, text, [expression] = []] = node.args as [unknown, unknown, readonly unknown[]];
  return name === 'matches' && isNode(text) && isNode(expression) ? { text, expression } : null;
};

export const literalText = ({ op, args }: Node): string | null =>
  op === 'value' && typeof args === 'string' ? args : null;
