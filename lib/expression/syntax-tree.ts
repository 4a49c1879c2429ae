import type { ParseResult } from '@marcbachmann/cel-js';

/** What evaluates a node: with the evaluator, the node and the variables in force. */
type Evaluate = (evaluator: Evaluator, node: Node, context: unknown) => unknown;
type Evaluator = { readonly run: (node: Node, context: unknown) => unknown };

/** Work of a call or a loop on the values of its operands, which come first. */
type Handle = (values: unknown, ...rest: readonly unknown[]) => unknown;

/** A node of a parsed expression, as far as this project looks at one. Macros (`all`, `exists`, `map` …) are a node that
 *  stands for a loop, their `alternate`. */
export type Node = {
  readonly op: string;
  readonly args: unknown;
  /** Where it stands in the expression, in characters. */
  readonly start: number;
  readonly meta: { readonly evaluate: Evaluate; readonly alternate?: Node; readonly macro?: object };
  readonly setMeta: (key: 'evaluate', evaluate: Evaluate) => unknown;
  /** Calls and loops have one, once the expression was checked. */
  handle?: Handle;
};

export const isNode = (value: unknown): value is Node =>
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

export type Call = { readonly name: string; readonly operands: readonly Node[] };

/** `name(…)`, or `receiver.name(…)`, whose first operand is the receiver. */
export const callOf = ({ op, args }: Node): Call | null => {
  if ((op !== 'call' && op !== 'rcall') || !Array.isArray(args)) return null;
  const [name, ...parts] = args as readonly unknown[];
  return typeof name === 'string' ? { name, operands: parts.flat().filter(isNode) } : null;
};

/** Operands of a call of `text.matches(expression)`. */
export type Matches = { readonly text: Node; readonly expression: Node };

export const matchesOf = (node: Node): Matches | null => {
  const call = callOf(node);
  if (node.op !== 'rcall' || call?.name !== 'matches') return null;
  const [text, expression] = call.operands;
  return text && expression ? { text, expression } : null;
};

export const literalText = ({ op, args }: Node): string | null =>
  op === 'value' && typeof args === 'string' ? args : null;
