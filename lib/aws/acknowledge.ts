import type { RuleId } from '../domain/rule.ts';
import type { RuleStore } from '../engine/ports/rule-store.ts';
import { change } from './conditional-change.ts';
import type { Database } from './dynamodb-client.ts';
import { booleanIn, number, numberIn, pendingItems, recipientsIn, ruleKey } from './items.ts';
import { acknowledgeSpilled } from './spill.ts';

const placeholders = (to: readonly string[]): readonly string[] =>
  to.map((_, n) => `pending.#version.#to.#t${n}`);

const names = (version: number, to: readonly string[]) => ({
  '#version': String(version),
  '#to': 'to',
  ...Object.fromEntries(to.map((name, n) => [`#t${n}`, name])),
});

/** Mostly these are the last names, and the whole pending transition goes with one call. */
const takeAway = (epoch: number, id: RuleId, version: number, to: readonly string[]) => {
  const nobodyTookOver = 'epoch <= :epoch';
  const nowhereElse = 'attribute_not_exists(spilled)';
  const allWait = placeholders(to).map(path => `attribute_exists(${path})`);
  const nobodyElseWaits = 'size(pending.#version.#to) = :count';
  return {
    key: ruleKey(id),
    update: 'REMOVE pending.#version',
    when: [nobodyTookOver, nowhereElse, ...allWait, nobodyElseWaits].join(' AND '),
    names: names(version, to),
    values: { ':epoch': number(epoch), ':count': number(to.length) },
  };
};

const takeOff = (epoch: number, id: RuleId, version: number, to: readonly string[]) => ({
  key: ruleKey(id),
  update: `REMOVE ${placeholders(to).join(', ')}`,
  when: 'epoch <= :epoch AND attribute_exists(pending.#version)',
  names: names(version, to),
  values: { ':epoch': number(epoch) },
});

const removeEntry = (epoch: number, id: RuleId, version: number) => ({
  key: ruleKey(id),
  update: 'REMOVE pending.#version',
  when: 'epoch <= :epoch',
  names: { '#version': String(version) },
  values: { ':epoch': number(epoch) },
});

export const acknowledge =
  (db: Database): RuleStore['acknowledge'] =>
  async (epoch, id, version, to, signal) => {
    if (to.length === 0) return 'saved';
    const whole = await change(db)(takeAway(epoch, id, version, to), signal);
    if (whole.kind === 'changed' || !whole.item) return 'saved';
    if (numberIn(whole.item, 'epoch') > epoch) return 'fenced';

    // First the copy: a crash in between leaves the original, which is the one that is read.
    if (booleanIn(whole.item, 'spilled')) await acknowledgeSpilled(db)(epoch, id, version, to, signal);
    const entry = pendingItems(whole.item).get(version);
    if (!entry) return 'saved';
    const othersWait = recipientsIn(entry).some(name => !to.includes(name));
    const rest = await change(db)((othersWait ? takeOff : removeEntry)(epoch, id, version, to), signal);
    return rest.kind === 'refused' && numberIn(rest.item ?? {}, 'epoch') > epoch ? 'fenced' : 'saved';
  };
