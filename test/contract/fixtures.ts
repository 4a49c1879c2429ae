import type { RuleId } from '../../lib/domain/rule.ts';
import { newRuleState, type RuleState, type Transition } from '../../lib/domain/transition.ts';
import {
  HISTORY,
  type Holder,
  MAX_PENDING_IN_ITEM,
  type Pending,
  type RuleStore,
} from '../../lib/engine/ports/rule-store.ts';
import { never } from '../support/dynamodb.ts';

const NOW_MS = 1_790_000_000_000.25;

let endpoints = 0;
/** Of an endpoint that no other test uses. */
export const newId = (): RuleId => `shop-example-com-${++endpoints}` as RuleId;

export const transition = (
  ruleId: RuleId,
  version: number,
  changes: Partial<Transition> = {},
): Transition => ({
  id: `${ruleId}#${version}`,
  ruleId,
  version,
  kind: 'fail',
  state: 'fail',
  previousState: 'ok',
  atMs: NOW_MS + version,
  sinceMs: NOW_MS,
  previousDurationMs: null,
  reason: 'status',
  error: 'got 503, expected 200 to 399',
  latencyMs: 12.5,
  statusCode: 503,
  values: { 'checks.db.latency': 3.5, app: 'shop' },
  subject: {
    name: 'shop.example.com',
    group: null,
    labels: { team: 'web' },
    description: null,
    runbook: null,
  },
  suppressed: null,
  merged: 0,
  saved: true,
  handedAtMs: null,
  ...changes,
});

export const state = (version: number, changes: Partial<RuleState> = {}): RuleState => ({
  ...newRuleState,
  state: 'fail',
  sinceMs: NOW_MS,
  version,
  streak: 3,
  lastResultAtMs: NOW_MS + version,
  announced: 'fail',
  runs: 10 * version,
  failures: 3 * version,
  ...changes,
});

export const pending = (
  id: RuleId,
  version: number,
  to: readonly string[] = [HISTORY, 'ops'],
  changes: Partial<Transition> = {},
): Pending => ({ transition: transition(id, version, changes), to });

export const saveUpTo = async (store: RuleStore, id: RuleId, last: number, first = 1): Promise<void> => {
  for (let version = first; version <= last; version++)
    await store.save(holder(1), state(version), pending(id, version), never);
};

export const holder = (epoch: number, jobset = 'all'): Holder => ({ jobset, epoch });

export const loadOne = async (store: RuleStore, id: RuleId, jobset = 'all') =>
  (await store.load(jobset, [id], never)).get(id);

/** All that is pending of a rule, as a new owner reads it: page by page. */
export const allPending = async (store: RuleStore, id: RuleId): Promise<readonly Pending[]> => {
  const found: Pending[] = [];
  const saved = await loadOne(store, id);
  let page = saved?.pending ?? [];
  let more = saved?.spilled ?? false;
  found.push(...page);
  while (more) {
    page = await store.loadSpilled(id, found.at(-1)?.transition.version ?? 0, never);
    found.push(...page);
    more = page.length === MAX_PENDING_IN_ITEM;
  }
  return found;
};

export const versions = (some: readonly Pending[]): readonly number[] =>
  some.map(({ transition: { version } }) => version);

export const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);
