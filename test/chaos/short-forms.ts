import { expect, test } from '@jest/globals';
import type { Outcome } from './report/report.ts';
import { outcomeText } from './report/text.ts';
import { scenarios } from './scenarios.ts';
import { tryScenario } from './try-scenario.ts';

/** What is random in the short forms is the same in each run; `npm run chaos` draws another one. */
const SEED = 11;
const WITHIN_MS = 90_000;

const brokenIn = (outcome: Outcome): string | null => {
  const isBroken = outcome.kind !== 'tried' || outcome.facts.some(({ holds }) => !holds);
  return isBroken ? outcomeText(outcome) : null;
};

/** A test of each scenario's short form, beside each other: they mostly wait. What this machine cannot do is left out. */
export const testShortForms = (...names: readonly string[]): void => {
  const own = names.flatMap(name => {
    const scenario = scenarios.get(name);
    if (!scenario) throw new Error(`there is no scenario "${name}"`);
    return scenario.cannotRun?.() ? [] : [{ name, scenario, promise: scenario.promise }];
  });
  test.concurrent.each(own)(
    '$name: $promise',
    async ({ name, scenario }) => {
      const signal = new AbortController().signal;
      const context = { forMs: scenario.leastMs, seed: SEED, progress: () => {}, signal };
      expect(brokenIn(await tryScenario(name, scenario, context))).toBeNull();
    },
    WITHIN_MS,
  );
};
