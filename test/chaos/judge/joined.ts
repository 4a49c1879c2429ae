import type { Fact } from '../scenario.ts';

/** The facts of several cases as one table: a claim holds where it holds in each; where it does not, it says in which. */
export const joined = (
  cases: readonly (readonly [name: string, facts: readonly Fact[]])[],
): readonly Fact[] => {
  const byClaim = Map.groupBy(
    cases.flatMap(([name, facts]) => facts.map(fact => ({ ...fact, name }))),
    ({ claim }) => claim,
  );
  return [...byClaim].map(([claim, all]) => {
    const broken = all.filter(({ holds }) => !holds);
    const shown = broken.length > 0 ? broken : all;
    const apart = broken.length > 0 ? ' | ' : ', ';
    return {
      claim,
      holds: broken.length === 0,
      seen: shown.map(({ name, seen }) => `${name}: ${seen}`).join(apart),
    };
  });
};
