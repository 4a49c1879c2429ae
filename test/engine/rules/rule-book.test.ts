import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import type { RuleId } from '../../../lib/domain/rule.ts';
import { newRuleState, type RuleState, type Transition } from '../../../lib/domain/transition.ts';
import type { RuleStore } from '../../../lib/engine/ports/rule-store.ts';
import { createRuleBook } from '../../../lib/engine/rules/rule-book.ts';
import { applyResult } from '../../../lib/rule/apply.ts';
import { stateOf } from '../../../lib/rule/held-state.ts';
import { endpointId, endpointOf, failure, success } from '../../support/endpoints.ts';
import { manualClock } from '../../support/manual-clock.ts';

const clock = manualClock();
const at = clock.nowMs();
let said: string[];
let book: ReturnType<typeof createRuleBook>;
const shop = endpointOf('shop', {}, { staleAfterMs: 60_000 });

const elsewhere = async (): Promise<never> => {
  throw new Error('not asked for here');
};
const store: RuleStore = {
  load: elsewhere,
  loadSpilled: elsewhere,
  takeOver: elsewhere,
  states: elsewhere,
  acknowledge: elsewhere,
  checkpoint: elsewhere,
  save: async () => 'saved',
};

const saying = ({ ruleId, state, atMs }: Transition) => `${ruleId} ${state} at ${(atMs - at) / 1000}`;

beforeEach(() => {
  said = [];
  book = createRuleBook({
    clock,
    random: () => 0,
    store,
    holder: { jobset: 'local', epoch: 1 },
    savesAtOnce: 100,
    untilHeld: () => null,
    target: () => undefined,
    onSaved: ({ transition }) => said.push(saying(transition)),
    onFenced: () => {},
    onOverdue: () => {},
    onMerged: () => {},
    failsElsewhere: () => false,
    incarnation: null,
    onProblem: () => {},
    signal: new AbortController().signal,
  });
});

const expectAfter = async (seconds: number) => {
  book.expectResults(at + seconds * 1000);
  await setImmediate();
};
const succeed = (endpoint: Endpoint, seconds: number) =>
  book.ruleOf(endpoint)(success, at + seconds * 1000, at + seconds * 1000);

test('a rule falls silent right after its time, however often anybody looked before', async () => {
  book.adopt(shop, undefined, null);
  succeed(shop, 0);
  for (const seconds of [1, 30, 59, 60]) await expectAfter(seconds);
  expect(said).toEqual(['shop ok at 0']);
  await expectAfter(60.001);
  expect(said).toEqual(['shop ok at 0', 'shop unknown at 60.001']);
});

test('of many rules each falls silent at its own time, and a result puts it off', async () => {
  const bank = endpointOf('bank', {}, { staleAfterMs: 20_000 });
  for (const endpoint of [shop, bank]) book.adopt(endpoint, undefined, null);
  for (const endpoint of [shop, bank]) succeed(endpoint, 0);
  await expectAfter(15);
  succeed(bank, 15);
  await expectAfter(30);
  expect(said).toEqual(['shop ok at 0', 'bank ok at 0']);
  await expectAfter(36);
  await expectAfter(61);
  expect(said.slice(2)).toEqual(['bank unknown at 36', 'shop unknown at 61']);
});

test('a rule that was silent, and speaks again, is listened to again', async () => {
  book.adopt(shop, undefined, null);
  succeed(shop, 0);
  await expectAfter(100);
  succeed(shop, 110);
  await expectAfter(120);
  await expectAfter(171);
  expect(said).toEqual(['shop ok at 0', 'shop unknown at 100', 'shop ok at 110', 'shop unknown at 171']);
});

test('a new definition that waits for a shorter time is in force at once', async () => {
  book.adopt(shop, undefined, null);
  succeed(shop, 0);
  await expectAfter(10);
  book.adopt(endpointOf('shop', {}, { staleAfterMs: 10_000 }), undefined, null);
  await expectAfter(11);
  expect(said).toEqual(['shop ok at 0', 'shop unknown at 11']);
});

test('a rule that is taken over counts from its last result', async () => {
  const { state } = applyResult(shop.rule, newRuleState, success, at - 59_000, at - 59_000, {
    whySuppressed: () => null,
    incarnation: null,
  });
  book.adopt(shop, { jobset: 'local', state, pending: [], spilled: false }, null);
  await expectAfter(0);
  expect(said).toEqual([]);
  await expectAfter(2);
  expect(said).toEqual(['shop unknown at 2']);
});

test('the states are counted as they change, and `self` is not', () => {
  const self = endpointOf('self', { check: { scheme: 'self' } });
  const bank = endpointOf('bank');
  for (const endpoint of [shop, bank, self]) book.adopt(endpoint, undefined, null);
  expect(book.count()).toEqual({ unknown: 2, ok: 0, fail: 0 });
  for (const endpoint of [shop, self]) succeed(endpoint, 0);
  book.ruleOf(bank)(failure, at, at);
  expect(book.count()).toEqual({ unknown: 0, ok: 1, fail: 1 });
  book.adopt(shop, undefined, null);
  book.expectResults(at + 61_000);
  expect(book.count()).toEqual({ unknown: 2, ok: 0, fail: 0 });
  book.forget(bank.id);
  book.forget(bank.id);
  expect(book.count()).toEqual({ unknown: 1, ok: 0, fail: 0 });
});

const settledStates = async (): Promise<ReadonlyMap<RuleId, RuleState>> => {
  const settled = new Map<RuleId, RuleState>();
  await book.eachSettled((id, held) => {
    expect(settled.has(id)).toBe(false);
    settled.set(id, stateOf(held));
  });
  return settled;
};

test('while a checkpoint is collected checks go on, and what they change is not in it twice or half', async () => {
  const many = Array.from({ length: 5000 }, (_, n) => endpointOf(`e${n}`));
  for (const endpoint of many) book.adopt(endpoint, undefined, null);
  let collected = false;
  const collecting = settledStates().then(states => {
    collected = true;
    return states;
  });
  await setImmediate();
  expect(collected).toBe(false);
  book.forget(endpointId('e4999'));
  const states = await collecting;
  expect(states.size).toBe(4999);
  expect([...states.values()].every(({ state }) => state === 'unknown')).toBe(true);
});

test('a rule with a transition still to be saved is not in the checkpoint', async () => {
  book.adopt(shop, undefined, null);
  succeed(shop, 0);
  expect((await settledStates()).size).toBe(0);
  await setImmediate();
  expect((await settledStates()).get(shop.id)?.state).toBe('ok');
});
