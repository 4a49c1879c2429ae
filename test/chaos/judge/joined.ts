import type { Fact } from '../scenario.ts';

/** The facts of several cases as one table: a claim holds where it holds in each, which the last one stands for; where it does not, it says in which. */
export const joined = (
  cases: readonly (readonly [name: string, facts: readonly Fact[]])[],
): readonly Fact[] => {
  const byClaim = Map.groupBy(
    cases.flatMap(([name, facts]) => facts.map(fact => ({ ...fact, name }))),
    ({ claim }) => claim,
  );
  return [...byClaim].map(([claim, all]) => {
    const broken = all.filter(({ holds }) => !holds);
    const last = all.at(-1);
    return {
      claim,
      holds: broken.length === 0,
      seen:
        broken.length === 0
          ? `${all.length > 1 ? `each of ${all.length}, as ` : ''}${last?.name}: ${last?.seen}`
          : broken.map(({ name, seen }) => `${name}: ${seen}`).join(' | '),
    };
  });
};
