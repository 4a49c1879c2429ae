import { newRuleState } from '../../../lib/domain/transition.ts';
import { applyResult } from '../../../lib/rule/apply.ts';
import { failure, ruleOf, success } from '../../support/endpoints.ts';
import type { Sample } from '../benchmark.ts';
import { repeat } from './repeat.ts';

export type RuleParams = { readonly changes: boolean };

const RULES = 1000;
const nothing = { whySuppressed: () => null, incarnation: null };

/** Results into the states of many rules: all the same, or each another than the one before. */
export const runRule = ({ changes }: RuleParams): Sample => {
  const rules = Array.from({ length: RULES }, (_, at) => ruleOf(`rule-${at}`));
  const states = rules.map(() => newRuleState);
  let nowMs = Date.now();
  let made = 0;
  return repeat(
    round => {
      const result = changes && round % 2 === 0 ? failure : success;
      nowMs += 100;
      for (let at = 0; at < RULES; at++) {
        const rule = rules[at];
        const before = states[at];
        if (!rule || !before) continue;
        const { state, transition } = applyResult(rule, before, result, nowMs, nowMs, nothing);
        states[at] = state;
        if (transition) made++;
      }
      return RULES;
    },
    () => ({ transitions: made }),
  );
};
