import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHistory } from '../../../lib/aws/history.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import type { EndpointId } from '../../../lib/domain/endpoint.ts';
import { newRuleState, type Transition } from '../../../lib/domain/transition.ts';
import { createOutbox } from '../../../lib/engine/delivery/outbox.ts';
import type { DeliveryReport } from '../../../lib/engine/events/observer.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import type { History } from '../../../lib/engine/ports/history.ts';
import { HISTORY, type Pending, type RuleStore } from '../../../lib/engine/ports/rule-store.ts';
import type { Outcome } from '../../../lib/engine/ports/send.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointId, ruleOf, targetOf } from '../../support/endpoints.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';

const EPOCH = 1;
const accepted: Outcome = { kind: 'accepted' };
const failed = (afterMs: number | null = null): Outcome => ({
  kind: 'failed',
  error: 'answered 503',
  afterMs,
});

let dynamodb: TestDynamodb;
let shared: { readonly store: RuleStore; readonly history: History };
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
  const db = await dynamodb.newDatabase();
  shared = { store: createRuleStore(db), history: createHistory(db) };
});
afterAll(() => dynamodb.close());

let rules = 0;
const newRule = (): EndpointId => endpointId(`rule-${++rules}`);

const pendingOf = (id: EndpointId, version: number, to: readonly string[], atMs: number): Pending => {
  const transition: Transition = {
    id: `${id}#${version}`,
    ruleId: id,
    version,
    kind: version % 2 === 1 ? 'fail' : 'ok',
    state: version % 2 === 1 ? 'fail' : 'ok',
    previousState: version % 2 === 1 ? 'ok' : 'fail',
    atMs,
    sinceMs: atMs,
    previousDurationMs: null,
    reason: null,
    error: null,
    latencyMs: 1,
    statusCode: null,
    values: {},
    subject: ruleOf(id).subject,
    suppressed: null,
    merged: 0,
    saved: true,
    handedAtMs: null,
  };
  return { transition, to: [HISTORY, ...to] };
};

type Sent = { readonly target: string; readonly id: string; readonly atMs: number };

const deliveryOf = (
  answer: (target: string, transition: Transition, attempt: number) => Outcome | Promise<Outcome>,
  {
    clock = manualClock(),
    maxPerSecond = 1000,
    history = shared.history,
    store = shared.store,
    hasSavesWaiting = () => false,
  }: {
    readonly clock?: ManualClock;
    readonly maxPerSecond?: number;
    readonly history?: History;
    readonly store?: RuleStore;
    readonly hasSavesWaiting?: () => boolean;
  } = {},
) => {
  const over = new AbortController();
  const sent: Sent[] = [];
  const reports: DeliveryReport[] = [];
  const attempts = new Map<string, number>();
  const delivery = createOutbox({
    clock,
    store,
    history,
    timers: createTimers(createSteadyClock(clock), () => {}),
    random: () => 1,
    epoch: EPOCH,
    acknowledgementsAtOnce: 16,
    isLasting: true,
    hasSavesWaiting,
    target: name => targetOf(name, { maxPerSecond }),
    send: async (target, transition) => {
      sent.push({ target, id: transition.id, atMs: clock.nowMs() });
      const key = `${target} ${transition.id}`;
      attempts.set(key, (attempts.get(key) ?? 0) + 1);
      return answer(target, transition, attempts.get(key) as number);
    },
    onDelivery: report => reports.push(report),
    signal: over.signal,
  });
  /** As the rule book does: saved first, then delivered. */
  const hand = async (pending: Pending): Promise<void> => {
    const { ruleId, version } = pending.transition;
    const state = { ...newRuleState, state: pending.transition.state, version };
    expect(await store.save({ jobset: 'all', epoch: EPOCH }, state, pending, never)).toBe('saved');
    delivery.deliver(pending);
    expect(ruleId).toBe(pending.transition.ruleId);
  };
  const until = (holds: () => boolean | Promise<boolean>, stepMs?: number) => passUntil(clock, holds, stepMs);
  const nothingPending = async (id: EndpointId): Promise<boolean> =>
    ((await store.load('all', [id], never)).get(id)?.pending.length ?? 0) === 0;
  return { clock, delivery, sent, reports, hand, until, nothingPending, stop: () => over.abort() };
};

const idsTo = (sent: readonly Sent[], target: string): readonly string[] =>
  sent.filter(one => one.target === target).map(({ id }) => id);

test('a saved transition reaches each of its targets and the history once, then nothing is pending', async () => {
  const rule = newRule();
  const { clock, sent, hand, until, nothingPending, stop } = deliveryOf(() => accepted);
  await hand(pendingOf(rule, 1, ['ops', 'bus'], clock.nowMs()));
  await until(() => nothingPending(rule));
  expect(sent.map(({ target, id }) => `${target} ${id}`).sort()).toEqual([`bus ${rule}#1`, `ops ${rule}#1`]);
  const listed = await shared.history.list({ endpoint: rule, before: null, limit: 10 }, never);
  expect(listed.map(({ id }) => id)).toEqual([`${rule}#1`]);
  stop();
});

test('what the history could not take is written once it can', async () => {
  const rule = newRule();
  let attempts = 0;
  const away: History = {
    ...shared.history,
    append: async (...call) => {
      if (++attempts < 4) throw new Error('connection refused');
      return shared.history.append(...call);
    },
  };
  const { clock, hand, until, nothingPending, stop } = deliveryOf(() => accepted, { history: away });
  for (const version of [1, 2]) await hand(pendingOf(rule, version, ['ops'], clock.nowMs() + version));
  await until(() => nothingPending(rule), 100);
  const listed = await shared.history.list({ endpoint: rule, before: null, limit: 10 }, never);
  expect(listed.map(({ version }) => version)).toEqual([2, 1]);
  stop();
});

test('what failed is tried again with growing waits, and what comes later waits behind it', async () => {
  const rule = newRule();
  const { clock, sent, hand, until, nothingPending, stop } = deliveryOf((_, { version }, attempt) =>
    version === 1 && attempt < 4 ? failed() : accepted,
  );
  for (const version of [1, 2, 3]) await hand(pendingOf(rule, version, ['ops'], clock.nowMs()));
  await until(() => nothingPending(rule));
  expect(idsTo(sent, 'ops').map(id => id.split('#')[1])).toEqual(['1', '1', '1', '1', '2', '3']);
  const waits = sent.slice(1, 4).map(({ atMs }, index) => atMs - (sent[index]?.atMs ?? 0));
  [500, 1000, 2000].forEach((ms, index) => {
    expect(waits[index]).toBeGreaterThanOrEqual(ms - 1);
    expect(waits[index]).toBeLessThan(ms + 50);
  });
  stop();
});

test('Retry-After holds a transition back for as long as the receiver asked', async () => {
  const rule = newRule();
  const { clock, sent, hand, until, nothingPending, stop } = deliveryOf((_, __, attempt) =>
    attempt === 1 ? failed(30_000) : accepted,
  );
  await hand(pendingOf(rule, 1, ['ops'], clock.nowMs()));
  await until(() => nothingPending(rule), 500);
  expect((sent[1]?.atMs ?? 0) - (sent[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(30_000);
  stop();
});

test('a target that is away delays no other target and no other rule', async () => {
  const [away, fine] = [newRule(), newRule()];
  const { clock, sent, hand, until, nothingPending, stop } = deliveryOf((target, { ruleId }) =>
    target === 'dead' && ruleId === away ? failed() : accepted,
  );
  await hand(pendingOf(away, 1, ['dead', 'ops'], clock.nowMs()));
  await hand(pendingOf(fine, 1, ['dead'], clock.nowMs()));
  await until(() => nothingPending(fine));
  expect(idsTo(sent, 'ops')).toEqual([`${away}#1`]);
  const saved = (await shared.store.load('all', [away], never)).get(away);
  await until(
    async () => (await shared.store.load('all', [away], never)).get(away)?.pending[0]?.to.length === 1,
  );
  expect(saved?.pending).toHaveLength(1);
  stop();
});

test('a refused transition is reported and makes way for the next', async () => {
  const rule = newRule();
  const { clock, sent, reports, hand, until, nothingPending, stop } = deliveryOf((_, { version }) =>
    version === 1 ? { kind: 'refused', error: 'answered 422' } : accepted,
  );
  for (const version of [1, 2]) await hand(pendingOf(rule, version, ['ops'], clock.nowMs()));
  await until(() => nothingPending(rule));
  expect(idsTo(sent, 'ops')).toEqual([`${rule}#1`, `${rule}#2`]);
  expect(reports.map(({ outcome }) => outcome.kind)).toEqual(['refused', 'accepted']);
  stop();
});

test('after 24 hours of failures a transition is given up, and said to be', async () => {
  const rule = newRule();
  const { clock, reports, hand, until, nothingPending, stop } = deliveryOf((_, { version }) =>
    version === 1 ? failed() : accepted,
  );
  await hand(pendingOf(rule, 1, ['ops'], clock.nowMs()));
  await until(() => nothingPending(rule), 300_000);
  expect(reports.at(-1)?.outcome).toEqual({
    kind: 'refused',
    error: 'given up after 24 hours: answered 503',
  });
  expect(reports.length).toBeGreaterThan(100);
  stop();
});

test('of a backlog fifty transitions are in memory, the rest is read from the store when its turn comes', async () => {
  const rule = newRule();
  let read = 0;
  const store: RuleStore = {
    ...shared.store,
    loadSpilled: async (...call) => {
      const pending = await shared.store.loadSpilled(...call);
      read += pending.length;
      return pending;
    },
  };
  let isUp = false;
  const { clock, hand, until, nothingPending, stop } = deliveryOf(() => (isUp ? accepted : failed(1000)), {
    store,
  });
  for (let version = 1; version <= 60; version++)
    await hand(pendingOf(rule, version, ['ops'], clock.nowMs()));
  isUp = true;
  await until(() => nothingPending(rule), 100);
  expect(read).toBe(10);
  stop();
});

test.each([
  [10, 10],
  [40, 32],
  [400, 100],
  [1000, 128],
])('at a rate of %d a second %d are sent to one target at once', async (maxPerSecond, atOnce) => {
  const many = Array.from({ length: 140 }, newRule);
  let answer = (_: Outcome) => {};
  const held = new Promise<Outcome>(resolve => {
    answer = resolve;
  });
  const { clock, sent, hand, until, stop } = deliveryOf(() => held, { maxPerSecond });
  for (const rule of many) await hand(pendingOf(rule, 1, ['ops'], clock.nowMs()));
  await clock.advance(900);
  expect(sent.length).toBe(atOnce);
  answer(accepted);
  await until(() => sent.length === 140, 50);
  stop();
});

test('while others are acknowledged first, one call comes to tell of all who got a transition', async () => {
  const rules = Array.from({ length: 17 }, newRule);
  const acknowledged: (readonly string[])[] = [];
  let [writeHistory, goOn] = [() => {}, () => {}];
  let written = 0;
  const historyWrites = new Promise<void>(resolve => {
    writeHistory = resolve;
  });
  const storeWorks = new Promise<void>(resolve => {
    goOn = resolve;
  });
  const store: RuleStore = {
    ...shared.store,
    acknowledge: async (...call) => {
      acknowledged.push(call[3].toSorted());
      await storeWorks;
      return shared.store.acknowledge(...call);
    },
  };
  const history: History = {
    ...shared.history,
    append: async (...call) => {
      await historyWrites;
      await shared.history.append(...call);
      written += call[0].length;
    },
  };
  const { clock, hand, until, nothingPending, stop } = deliveryOf(() => accepted, { store, history });
  for (const rule of rules) await hand(pendingOf(rule, 1, ['ops'], clock.nowMs()));
  await clock.advance(1000);
  writeHistory();
  await until(() => written === rules.length);
  goOn();
  await until(async () => (await Promise.all(rules.map(nothingPending))).every(Boolean));
  expect(acknowledged).toHaveLength(16 * 2 + 1);
  expect(acknowledged.filter(to => to.length === 2)).toEqual([[HISTORY, 'ops']]);
  stop();
});

test('the store saves before it takes note of who was told, for ten seconds at most', async () => {
  let savesWait = true;
  const [soon, late] = [newRule(), newRule()];
  const { clock, hand, nothingPending, stop } = deliveryOf(() => accepted, {
    hasSavesWaiting: () => savesWait,
  });
  await hand(pendingOf(soon, 1, ['ops'], clock.nowMs()));
  await clock.advance(5000);
  expect(await nothingPending(soon)).toBe(false);
  savesWait = false;
  await clock.advance(1000);
  expect(await nothingPending(soon)).toBe(true);
  savesWait = true;
  await hand(pendingOf(late, 1, ['ops'], clock.nowMs()));
  await clock.advance(9000);
  expect(await nothingPending(late)).toBe(false);
  await clock.advance(2000);
  expect(await nothingPending(late)).toBe(true);
  stop();
});

test('a burst over max_per_second waits, nothing is dropped', async () => {
  const many = Array.from({ length: 25 }, newRule);
  const { clock, sent, hand, until, stop } = deliveryOf(() => accepted, { maxPerSecond: 10 });
  for (const rule of many) await hand(pendingOf(rule, 1, ['ops'], clock.nowMs()));
  await until(() => sent.length === 25, 50);
  for (const [index, { atMs }] of sent.entries())
    expect(atMs - (sent[index - 10]?.atMs ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1000);
  stop();
});

test('a backlog larger than memory holds comes through in order, each once', async () => {
  const rule = newRule();
  let isUp = false;
  const { clock, sent, hand, until, nothingPending, stop } = deliveryOf(() =>
    isUp ? accepted : failed(1000),
  );
  for (let version = 1; version <= 120; version++)
    await hand(pendingOf(rule, version, ['ops'], clock.nowMs()));
  isUp = true;
  const attemptsBefore = sent.length;
  await until(async () => sent.length >= attemptsBefore + 120 && (await nothingPending(rule)), 100);
  const delivered = idsTo(sent, 'ops').slice(attemptsBefore);
  expect(delivered).toEqual(Array.from({ length: 120 }, (_, index) => `${rule}#${index + 1}`));
  stop();
}, 60_000);

test('whenever the worker dies, the next one gives every transition to its target, in order, under the same id', async () => {
  const scenario = fc.record({
    count: fc.integer({ min: 1, max: 8 }),
    livesMs: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 4 }),
    outcomes: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ count, livesMs, outcomes }) => {
      const rule = newRule();
      const received: number[] = [];
      let asked = 0;
      const answer = (_: string, { version }: Transition): Outcome => {
        if (outcomes[asked++ % outcomes.length] === false) return failed(5);
        received.push(version);
        return accepted;
      };
      const first = deliveryOf(answer);
      for (let version = 1; version <= count; version++)
        await first.hand(pendingOf(rule, version, ['ops'], first.clock.nowMs()));
      first.stop();
      const lives = [...livesMs, Number.POSITIVE_INFINITY];
      for (const lifeMs of lives) {
        if (outcomes.every(outcome => !outcome)) return;
        const next = deliveryOf(answer);
        const saved = (await shared.store.load('all', [rule], never)).get(rule);
        if (saved) next.delivery.takeOver(rule, saved);
        const startMs = next.clock.nowMs();
        await next.until(
          async () => next.clock.nowMs() - startMs >= lifeMs || (await next.nothingPending(rule)),
          20,
        );
        next.stop();
      }
      const firsts = received.filter((version, index) => received.indexOf(version) === index);
      expect(firsts).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    }),
    { numRuns: 15 },
  );
}, 60_000);
