import { isDeepStrictEqual } from 'node:util';
import type { RuleState } from '../domain/transition.ts';
import {
  type Holder,
  MAX_PENDING_IN_ITEM,
  type Pending,
  type RuleStore,
} from '../engine/ports/rule-store.ts';
import { type Change, change } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import {
  type Item,
  number,
  numberIn,
  pendingAttributes,
  pendingItems,
  ruleKey,
  stateAttributes,
  stateIn,
} from './items.ts';
import { spillNewest } from './spill.ts';

/** Full twice: once at first, once more if another worker filled it again. */
const ATTEMPTS = 3;

const expectedVersion = ({ transition }: Pending): number => transition.version - 1 - transition.merged;

const saving = (holder: Holder, state: RuleState, pending: Pending): Change => {
  const attributes = stateAttributes(holder, state);
  const fields = Object.keys(attributes);
  const set = fields.map(field => `#${field} = :${field}`);
  const common = {
    key: ruleKey(pending.transition.ruleId),
    names: Object.fromEntries(fields.map(field => [`#${field}`, field])),
    values: Object.fromEntries(Object.entries(attributes).map(([field, value]) => [`:${field}`, value])),
  };
  const version = String(state.version);
  const entry = { M: pendingAttributes(pending) };

  const expected = expectedVersion(pending);
  if (expected === 0)
    return {
      ...common,
      update: `SET ${[...set, 'pending = :pending'].join(', ')}`,
      when: 'attribute_not_exists(pk)',
      values: { ...common.values, ':pending': { M: { [version]: entry } } },
    };

  //                        this save
  //  version   … expected ─────┼───── the transition's …
  //  epoch     … up to mine ───┼───── mine … later owner's
  //  pending   0 … 49 ─────────┼───── 1 … 50
  const nobodySavedMeanwhile = '#version = :expected';
  const nobodyTookOver = '#epoch <= :epoch';
  const hasRoom = 'size(pending) < :room';
  return {
    ...common,
    update: `SET ${[...set, 'pending.#pending = :pending'].join(', ')}`,
    when: [nobodySavedMeanwhile, nobodyTookOver, hasRoom].join(' AND '),
    names: { ...common.names, '#pending': version },
    values: {
      ...common.values,
      ':pending': entry,
      ':expected': number(expected),
      ':room': number(MAX_PENDING_IN_ITEM),
    },
  };
};

type Refusal = 'saved' | 'conflict' | 'fenced' | 'full';

/** Why the item that stands there refused a save. The same state under the same epoch is that very save: it went
 *  through before, and its answer was lost. */
const refusal = (item: Item | undefined, epoch: number, state: RuleState, pending: Pending): Refusal => {
  if (!item) return 'conflict';
  if (numberIn(item, 'epoch') > epoch) return 'fenced';
  const saved = stateIn(item);
  if (numberIn(item, 'epoch') === epoch && isDeepStrictEqual(saved, state)) return 'saved';
  if (saved.version !== expectedVersion(pending)) return 'conflict';
  return 'full';
};

export const saveRule =
  (db: Database): RuleStore['save'] =>
  async (holder, state, pending, signal) => {
    const { epoch } = holder;
    const { ruleId } = pending.transition;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const outcome = await change(db)(saving(holder, state, pending), signal);
      if (outcome.kind === 'changed') return 'saved';
      const why = refusal(outcome.item, epoch, state, pending);
      if (why !== 'full') return why;
      if (pendingItems(outcome.item ?? {}).size < MAX_PENDING_IN_ITEM) continue;
      if ((await spillNewest(db)(epoch, ruleId, outcome.item ?? {}, signal)) === 'fenced') return 'fenced';
    }
    return 'conflict';
  };
