import type { RuleStore } from '../engine/ports/rule-store.ts';
import { acknowledge } from './acknowledge.ts';
import { writeCheckpoint } from './checkpoint.ts';
import type { Database } from './database.ts';
import { loadRules, loadSpilled, loadStates, takeOverRules } from './load-rules.ts';
import { saveRule } from './save-rule.ts';

export const createRuleStore = (db: Database): RuleStore => ({
  load: loadRules(db),
  loadSpilled: loadSpilled(db),
  takeOver: takeOverRules(db),
  states: loadStates(db),
  save: saveRule(db),
  acknowledge: acknowledge(db),
  checkpoint: writeCheckpoint(db),
});
