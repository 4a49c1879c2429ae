import { describe, expect, test } from '@jest/globals';
import type { RuleId } from '../../lib/domain/rule.ts';
import { newRuleState, type RuleState } from '../../lib/domain/transition.ts';
import { createRuleCounters } from '../../lib/engine/ports/rule-counters.ts';
import { hold } from '../../lib/rule/held-state.ts';
import { never } from '../support/dynamodb.ts';
import { openTestStores } from '../support/stores.ts';
import { loadOne, newId, pending, range, saveUpTo, state } from './fixtures.ts';

const countersOf = (rules: ReadonlyMap<RuleId, RuleState>) => {
  const counters = createRuleCounters();
  counters.begin(rules.size);
  for (const [id, rule] of rules) counters.add(id, hold(rule));
  return counters.all();
};

let jobsets = 0;
const newJobset = () => `jobset-${++jobsets}`;
const later = (version: number): RuleState =>
  state(version, {
    streak: 42,
    streakOk: true,
    lastResultAtMs: 1_790_000_009_000.5,
    notifiedAtMs: 1_790_000_001_000,
    runs: 4242,
    failures: 77,
  });
const watched: RuleState = {
  ...newRuleState,
  streak: 7,
  streakOk: true,
  lastResultAtMs: 1_790_000_000_500,
  runs: 7,
};

describe.each(await openTestStores())('$name', ({ store, dyingAfter }) => {
  test('streaks and totals of a checkpoint are those of the rule', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await saveUpTo(store, id, 2);
    expect(
      await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(new Map([[id, later(2)]])), never),
    ).toBe('saved');
    expect(await loadOne(store, id, jobset)).toMatchObject({ state: later(2), pending: [{}, {}] });
  });

  test('a rule without any transition comes back from the checkpoint alone', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(new Map([[id, watched]])), never);
    expect(await loadOne(store, id, jobset)).toEqual({
      jobset,
      state: watched,
      pending: [],
      spilled: false,
    });
  });

  test('only rules that were asked for come back', async () => {
    const [id, other, jobset] = [newId(), newId(), newJobset()];
    await store.checkpoint(
      { jobset: jobset, epoch: 1 },
      countersOf(new Map([id, other].map(each => [each, watched]))),
      never,
    );
    expect([...(await store.load(jobset, [other], never)).keys()]).toEqual([other]);
  });

  test('a checkpoint of before a transition does not count', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(new Map([[id, watched]])), never);
    await saveUpTo(store, id, 1);
    expect((await loadOne(store, id, jobset))?.state).toEqual(state(1));
  });

  test('a checkpoint of a transition that was never saved does not count', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(new Map([[id, later(1)]])), never);
    expect(await loadOne(store, id, jobset)).toBeUndefined();
  });

  test('a checkpoint that is older than the rule does not count', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await saveUpTo(store, id, 1);
    await store.checkpoint(
      { jobset: jobset, epoch: 1 },
      countersOf(new Map([[id, { ...later(1), runs: 1 }]])),
      never,
    );
    expect((await loadOne(store, id, jobset))?.state).toEqual(state(1));
  });

  test('a later epoch fences the checkpoint of an earlier one', async () => {
    const [id, jobset] = [newId(), newJobset()];
    expect(
      await store.checkpoint({ jobset: jobset, epoch: 2 }, countersOf(new Map([[id, watched]])), never),
    ).toBe('saved');
    expect(
      await store.checkpoint(
        { jobset: jobset, epoch: 1 },
        countersOf(new Map([[id, { ...watched, runs: 1 }]])),
        never,
      ),
    ).toBe('fenced');
    expect((await loadOne(store, id, jobset))?.state.runs).toBe(7);
  });

  test('jobsets do not mix', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(new Map([[id, watched]])), never);
    expect(await loadOne(store, id, newJobset())).toBeUndefined();
  });

  const many = (count: number, runs: number): ReadonlyMap<RuleId, RuleState> =>
    new Map(
      range(1, count).map(n => [`endpoint-with-a-rather-long-name-${n}` as RuleId, { ...watched, runs }]),
    );
  const runsOf = async (jobset: string, count: number) => {
    const rules = await store.load(jobset, [...many(count, 0).keys()], never);
    return [...rules.values()].map(rule => rule.state.runs);
  };

  test('2,500 rules go into a few items and all come back', async () => {
    const jobset = newJobset();
    const states = many(2500, 5);
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(states), never);
    const rules = await store.load(jobset, [...states.keys()], never);
    expect(rules.size).toBe(2500);
    for (const [id, saved] of states) expect(rules.get(id)?.state).toEqual(saved);
  });

  test('nothing of an earlier, larger checkpoint comes back', async () => {
    const jobset = newJobset();
    for (const [runs, count] of [2500, 2400, 10].entries())
      await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(many(count, runs)), never);
    expect(await runsOf(jobset, 2500)).toEqual(Array(10).fill(2));
  });

  test('a checkpoint that outgrows one item leaves nothing of the small one, and shrinks again', async () => {
    const jobset = newJobset();
    for (const [runs, count] of [10, 2500, 10].entries()) {
      await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(many(count, runs)), never);
      expect(await runsOf(jobset, 2500)).toEqual(Array(count).fill(runs));
    }
  });

  test('a large checkpoint of an earlier epoch is fenced too, and a later one is not', async () => {
    const jobset = newJobset();
    await store.checkpoint({ jobset: jobset, epoch: 2 }, countersOf(many(2500, 2)), never);
    expect(await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(many(2500, 1)), never)).toBe(
      'fenced',
    );
    expect(new Set(await runsOf(jobset, 2500))).toEqual(new Set([2]));
    expect(await store.checkpoint({ jobset: jobset, epoch: 3 }, countersOf(many(2500, 3)), never)).toBe(
      'saved',
    );
  });

  test('a worker that begins learns of rules its jobset left behind, and not of those another jobset has saved since', async () => {
    const [left, moved, jobset] = [newId(), newId(), newJobset()];
    for (const id of [left, moved]) await store.save({ jobset, epoch: 1 }, state(1), pending(id, 1), never);
    await store.checkpoint(
      { jobset, epoch: 1 },
      countersOf(new Map([left, moved].map(id => [id, later(1)]))),
      never,
    );
    await store.save({ jobset: newJobset(), epoch: 2 }, state(2), pending(moved, 2), never);
    const { rules, others } = await store.takeOver(jobset, [], never);
    expect([...rules.keys()]).toEqual([]);
    expect([...others.keys()]).toEqual([left]);
  });

  test('a rule that moved takes the streak of its old jobset’s checkpoint along', async () => {
    const [id, old, next] = [newId(), newJobset(), newJobset()];
    await store.save({ jobset: old, epoch: 1 }, state(1), pending(id, 1), never);
    await store.checkpoint({ jobset: old, epoch: 1 }, countersOf(new Map([[id, later(1)]])), never);
    expect((await loadOne(store, id, next))?.state).toEqual(later(1));
  });

  test('a worker that dies in the middle of a checkpoint leaves the one before whole', async () => {
    const jobset = newJobset();
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(many(4500, 1)), never);
    for (const calls of range(0, 5)) {
      const dying = dyingAfter(calls).store;
      await expect(
        dying.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(many(4500, 9)), never),
      ).rejects.toThrow();
      expect(new Set(await runsOf(jobset, 4500))).toEqual(new Set([1]));
    }
    await store.checkpoint({ jobset: jobset, epoch: 2 }, countersOf(many(4500, 2)), never);
    expect(new Set(await runsOf(jobset, 4500))).toEqual(new Set([2]));
  });

  test('a checkpoint leaves what is pending alone', async () => {
    const [id, jobset] = [newId(), newJobset()];
    await saveUpTo(store, id, 1);
    await store.checkpoint({ jobset: jobset, epoch: 1 }, countersOf(new Map([[id, later(1)]])), never);
    expect((await loadOne(store, id, jobset))?.pending).toEqual([pending(id, 1)]);
  });
});
