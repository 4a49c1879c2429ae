import type { RuleStore } from '../engine/ports/rule-store.ts';
import { acknowledge } from './acknowledge.ts';
import { writeCheckpoint } from './checkpoint.ts';
import type { Database } from './dynamodb-client.ts';
import { loadRules, loadSpilled, loadStates, takeOverRules } from './load-rules.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { saveRule } from './save-rule.ts';

/** What is written of one rule is written in turn, so that making room in its item and taking off what was delivered
 *  do not meet. Between processes the conditions of each write decide. */
export const createRuleStore = (db: Database): RuleStore => {
  const inTurn = oneAtATime();
  const save = saveRule(db);
  const takeOff = acknowledge(db);
  const checkpoint = writeCheckpoint(db);
  return {
    load: loadRules(db),
    loadSpilled: loadSpilled(db),
    takeOver: takeOverRules(db),
    states: loadStates(db),
    save: (holder, state, pending, signal) =>
      inTurn(`rule ${pending.transition.ruleId}`, () => save(holder, state, pending, signal)),
    acknowledge: (epoch, id, version, to, signal) =>
      inTurn(`rule ${id}`, () => takeOff(epoch, id, version, to, signal)),
    checkpoint: (holder, counters, signal) =>
      inTurn(`jobset ${holder.jobset}`, () => checkpoint(holder, counters, signal)),
  };
};
