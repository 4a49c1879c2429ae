import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import type { RuleId } from '../../lib/domain/rule.ts';
import type { Transition } from '../../lib/domain/transition.ts';
import { never } from '../support/dynamodb.ts';
import { openTestStores, type TestStores } from '../support/stores.ts';
import { newId, range, transition } from './fixtures.ts';

const DAY_MS = 86_400_000;
/** 2026-11-20T12:00:00Z */
const NOON_MS = 1_795_176_000_000;

const open = async (stores: TestStores) => {
  const { history } = await stores.fresh({ ...systemClock, nowMs: () => NOON_MS });
  return {
    append: (...transitions: readonly Transition[]) => history.append(transitions, never),
    ids: async (endpoint: Transition['ruleId'] | null = null, limit = 100, before: string | null = null) =>
      (await history.list({ endpoint, before, limit }, never)).map(({ id }) => id),
    list: (endpoint: Transition['ruleId'] | null, limit: number, before: string | null) =>
      history.list({ endpoint, before, limit }, never),
  };
};
const at = (id: RuleId, version: number, atMs: number) => transition(id, version, { atMs });

describe.each(await openTestStores())('$name', stores => {
  test('an empty history lists nothing', async () => {
    const { ids } = await open(stores);
    expect(await ids()).toEqual([]);
    expect(await ids(newId())).toEqual([]);
  });

  test('transitions are listed newest first, of one endpoint and of all', async () => {
    const { append, ids, list } = await open(stores);
    const [a, b] = [newId(), newId()];
    await append(at(a, 1, NOON_MS - 3000.25), at(b, 1, NOON_MS - 2000), at(a, 2, NOON_MS - 1000));
    expect(await ids()).toEqual([`${a}#2`, `${b}#1`, `${a}#1`]);
    expect(await ids(a)).toEqual([`${a}#2`, `${a}#1`]);
    expect(await list(b, 1, null)).toEqual([at(b, 1, NOON_MS - 2000)]);
  });

  test('writing one again changes nothing, twice in one call neither', async () => {
    const { append, ids } = await open(stores);
    const one = at(newId(), 1, NOON_MS);
    await append(one, one);
    await append(one);
    expect(await ids()).toEqual([one.id]);
  });

  test('sixty transitions of one instant are paged through without one lost or twice', async () => {
    const { append, list } = await open(stores);
    const [a, b] = [newId(), newId()];
    const all = [a, b].flatMap(id => range(1, 30).map(version => at(id, version, NOON_MS - 500.125)));
    await append(...all);
    for (const endpoint of [null, a]) {
      const seen: Transition[] = [];
      for (let before: string | null = null; ; ) {
        const page = await list(endpoint, 7, before);
        seen.push(...page);
        const last = page.at(-1);
        if (!last) break;
        before = `${last.atMs}#${last.id}`;
      }
      const wanted = all.filter(({ ruleId }) => endpoint === null || ruleId === endpoint);
      expect(seen.map(({ id }) => id).toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
      const versionsOfA = seen.filter(({ ruleId }) => ruleId === a).map(({ version }) => version);
      expect(versionsOfA).toEqual(range(1, 30).toReversed());
    }
  });

  test('a version that came twice, once of another incarnation, is there twice and paged through', async () => {
    const { append, ids, list } = await open(stores);
    const id = newId();
    const marks = ['', '-7kq3m2', '-zzzzzz'];
    const all = range(9, 11).flatMap(version =>
      marks.map(mark => transition(id, version, { id: `${id}#${version}${mark}`, atMs: NOON_MS - 1 })),
    );
    await append(...all);
    const newestFirst = all.map(one => one.id).toReversed();
    expect(await ids(id)).toEqual(newestFirst);
    for (const endpoint of [null, id]) {
      const seen: string[] = [];
      for (let before: string | null = null; ; ) {
        const [last]: readonly Transition[] = await list(endpoint, 1, before);
        if (!last) break;
        seen.push(last.id);
        before = `${last.atMs}#${last.id}`;
      }
      expect(seen).toEqual(newestFirst);
    }
  });

  test('before an instant means earlier than it', async () => {
    const { append, ids } = await open(stores);
    const id = newId();
    await append(at(id, 1, NOON_MS - 2), at(id, 2, NOON_MS - 1.5), at(id, 3, NOON_MS - 1));
    expect(await ids(id, 9, String(NOON_MS - 1))).toEqual([`${id}#2`, `${id}#1`]);
    expect(await ids(null, 9, String(NOON_MS - 1.5))).toEqual([`${id}#1`]);
    expect(await ids(null, 9, '0')).toEqual([]);
    expect(await ids(null, 9, '99999999999999')).toHaveLength(3);
  });

  test('what is no place in the history is refused', async () => {
    const { ids } = await open(stores);
    for (const before of ['', 'yesterday', '-5', '1e99', 'NaN', '5#', '5#a#b#c', '5#a#12-', '5#a#12-A'])
      await expect(ids(null, 9, before)).rejects.toThrow(RangeError);
  });

  test('a list over all endpoints goes back over months, as far as 90 days', async () => {
    const { append, ids } = await open(stores);
    const id = newId();
    const daysAgo = [0, 19, 20, 45, 75, 89, 91];
    await append(...daysAgo.map((days, n) => at(id, 9 - n, NOON_MS - days * DAY_MS)));
    expect(await ids()).toEqual([9, 8, 7, 6, 5, 4].map(version => `${id}#${version}`));
    expect(await ids(id)).toHaveLength(6);
    expect(await ids(null, 3, String(NOON_MS - 20 * DAY_MS))).toEqual([`${id}#6`, `${id}#5`, `${id}#4`]);
  });
});
