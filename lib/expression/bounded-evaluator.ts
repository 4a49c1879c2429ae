import type { Environment } from '@marcbachmann/cel-js';
import { budget } from './budget.ts';
import { isNode } from './syntax-tree.ts';

type Type = { readonly kind: string };

/** Evaluator of all expressions of an environment, as far as this project looks at it. */
type Evaluator = {
  /** Asked for each list and map that is compared with another, at every depth, and for each field that is read. */
  debugType: (value: unknown) => Type;
  /** Asked for each operand whose type is known only now. */
  debugTypeDeep: (value: unknown) => Type;
  readonly registry: {
    readonly getListType: (item: Type) => Type;
    readonly getMapType: (key: Type, value: Type) => Type;
  };
};

/** The evaluator of an environment, which keeps it to itself but hands it to each node. */
const evaluatorOf = (environment: Environment): Evaluator => {
  const found: Evaluator[] = [];
  const parsed = environment.parse('true');
  if (!isNode(parsed.ast)) throw new Error('an expression of cel-js is no node: its version is not known');
  parsed.ast.setMeta('evaluate', evaluator => {
    found.push(evaluator as unknown as Evaluator);
    return true;
  });
  parsed();
  const [evaluator] = found;
  if (!evaluator?.debugType || !evaluator.debugTypeDeep)
    throw new Error('cel-js evaluates by other methods: its version is not known');
  return evaluator;
};

/** Lists and maps whose type is asked for between two looks at the budget, 0.1 µs each. */
const BETWEEN_LOOKS = 256;

/** Deeper parts of a value are of any type. The library keeps each type that it has seen for good: without a bound an
 *  answer of 1 KB that is nested in a new way each time left 700 KB behind. To 3 levels there are some 100. */
const MOST_LEVELS = 3;

/** An evaluator whose work an answer cannot choose: bounded in time where it compares, in memory where it tells types. */
export const boundEvaluator = (environment: Environment): void => {
  const evaluator = evaluatorOf(environment);
  const { debugType, registry } = evaluator;
  const step = () => 'the comparison of lists or maps';
  let left = BETWEEN_LOOKS;

  const typeOf = (value: unknown): Type => {
    if (typeof value === 'object' && --left === 0) {
      left = BETWEEN_LOOKS;
      budget.spend(step);
    }
    return debugType.call(evaluator, value);
  };

  const typeTo = (levels: number, value: unknown): Type => {
    const type = typeOf(value);
    if (levels === 0 || typeof value !== 'object' || value === null) return type;
    if (Array.isArray(value))
      return value.length === 0 ? type : registry.getListType(typeTo(levels - 1, value[0]));
    if (type.kind !== 'map') return type;
    for (const key in value)
      return registry.getMapType(
        typeTo(0, key),
        typeTo(levels - 1, (value as { readonly [key: string]: unknown })[key]),
      );
    return type;
  };

  evaluator.debugType = typeOf;
  evaluator.debugTypeDeep = value => typeTo(MOST_LEVELS, value);
};
