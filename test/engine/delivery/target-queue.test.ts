import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Transition } from '../../../lib/domain/transition.ts';
import type { OutboxEntry } from '../../../lib/engine/delivery/outbox-entry.ts';
import { createTargetQueue } from '../../../lib/engine/delivery/target-queue.ts';
import type { DeliveryReport } from '../../../lib/engine/events/observer.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import type { Outcome } from '../../../lib/engine/ports/send.ts';
import { endpointId } from '../../support/endpoints.ts';
import { exampleTransition } from '../../support/example-transition.ts';
import { manualClock } from '../../support/manual-clock.ts';

const accepted: Outcome = { kind: 'accepted' };
const failed = (afterMs: number | null = null): Outcome => ({
  kind: 'failed',
  error: 'answered 503',
  afterMs,
});

type Attempt = {
  readonly rule: string;
  readonly version: number;
  readonly atMs: number;
  readonly outcome: Outcome['kind'];
};
type Answer = (transition: Transition, atMs: number) => Outcome;

/** A target queue in time that passes by hand. Instants are counted from its start. */
const queueTo = (
  answer: Answer,
  options: {
    readonly maxPerSecond?: () => number;
    readonly answersAfterMs?: (transition: Transition) => number;
    readonly random?: () => number;
  } = {},
) => {
  const { maxPerSecond = () => 1000, answersAfterMs = () => 5, random = () => 1 } = options;
  const system = manualClock();
  const clock = createSteadyClock(system);
  const over = new AbortController();
  const attempts: Attempt[] = [];
  const reports: DeliveryReport[] = [];
  const onTheirWay = new Set<string>();
  const queue = createTargetQueue(
    {
      clock,
      timers: createTimers(clock, () => {}),
      random,
      maxPerSecond,
      send: async (_, transition) => {
        const atMs = clock.monotonicMs();
        const outcome = answer(transition, atMs);
        expect(onTheirWay.has(transition.ruleId)).toBe(false);
        onTheirWay.add(transition.ruleId);
        attempts.push({
          rule: transition.ruleId,
          version: transition.version,
          atMs,
          outcome: outcome.kind,
        });
        await clock.sleep(answersAfterMs(transition));
        onTheirWay.delete(transition.ruleId);
        return outcome;
      },
      onDelivery: report => reports.push(report),
      onDone: () => {},
      onIdle: () => {},
      signal: over.signal,
    },
    'ops',
  );
  const push = (rule: string, version = 1): void => {
    const ruleId = endpointId(rule);
    const entry: OutboxEntry = {
      transition: exampleTransition({ ruleId, version, id: `${rule}#${version}`, atMs: clock.nowMs() }),
      isSaved: true,
      remaining: new Set(['ops']),
      unacknowledged: [],
      isAcknowledging: false,
    };
    queue.push(entry);
  };
  return {
    push,
    attempts,
    reports,
    advance: system.advance,
    setBack: system.setBack,
    isIdle: queue.isIdle,
    delivered: () => attempts.filter(({ outcome }) => outcome === 'accepted'),
    end: () => over.abort(),
  };
};

const MINUTE_MS = 60_000;
const between = (attempts: readonly Attempt[], fromMs: number, untilMs: number): readonly Attempt[] =>
  attempts.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);

/** Most within any one second. */
const peak = (attempts: readonly Attempt[]): number =>
  Math.max(...attempts.map(({ atMs }) => between(attempts, atMs, atMs + 1000).length));

test('a target that is down is hardly asked, however many wait, and all goes out at its rate once it is back', async () => {
  let isUp = false;
  const { push, attempts, advance, delivered, end } = queueTo(() => (isUp ? accepted : failed()), {
    maxPerSecond: () => 100,
  });
  for (let n = 0; n < 1000; n++) push(`rule-${n}`);
  await advance(60 * MINUTE_MS);
  expect(between(attempts, 0, MINUTE_MS).length).toBeLessThan(100);
  expect(between(attempts, MINUTE_MS, 60 * MINUTE_MS).length).toBeLessThan(59 * 13);
  const backAtMs = 60 * MINUTE_MS;
  isUp = true;
  await advance(5000 + 10_000 + 1000);
  expect(delivered()).toHaveLength(1000);
  expect(delivered()[0]?.atMs).toBeLessThanOrEqual(backAtMs + 5000);
  expect(peak(attempts)).toBe(100);
  end();
});

test('a target with a single transition waiting is asked every five seconds, after an hour as well', async () => {
  let isUp = false;
  const { push, advance, delivered, end } = queueTo(() => (isUp ? accepted : failed()));
  push('shop');
  await advance(60 * MINUTE_MS);
  isUp = true;
  await advance(5010);
  expect(delivered()).toHaveLength(1);
  end();
});

test('after an outage the oldest go first', async () => {
  let isUp = false;
  const { push, advance, delivered, end } = queueTo(() => (isUp ? accepted : failed()), {
    maxPerSecond: () => 10,
  });
  const names = Array.from({ length: 60 }, (_, n) => `rule-${n}`);
  for (const name of names) {
    push(name);
    await advance(700);
  }
  isUp = true;
  await advance(20_000);
  const order = delivered().map(({ rule }) => names.indexOf(rule));
  expect(order).toHaveLength(60);
  // The probe that found out came before.
  const inTurn = order.slice(1);
  expect(inTurn).toEqual(inTurn.toSorted((one, other) => one - other));
  end();
});

test('while the target is down, what has just happened is tried at once, one a second', async () => {
  const { push, attempts, advance, end } = queueTo(() => failed());
  for (let n = 0; n < 20; n++) push(`old-${n}`);
  await advance(MINUTE_MS);
  for (let n = 0; n < 3000; n++) {
    push(`new-${n}`);
    await advance(10);
  }
  const since = between(attempts, MINUTE_MS, 2 * MINUTE_MS);
  const ageMs = ({ rule, atMs }: Attempt): number => atMs - MINUTE_MS - 10 * Number(rule.split('-')[1]);
  const atOnce = since.filter(one => one.rule.startsWith('new') && ageMs(one) <= 10);
  expect(atOnce[0]?.rule).toBe('new-0');
  expect(atOnce.length).toBeGreaterThanOrEqual(28);
  expect(atOnce.length).toBeLessThanOrEqual(31);
  // Probes go on beside it.
  expect(since.length - atOnce.length).toBeGreaterThanOrEqual(5);
  expect(since.length - atOnce.length).toBeLessThanOrEqual(7);
  end();
});

test('transitions that always fail hold up no other, and are tried ever less often', async () => {
  const isPoison = (rule: string): boolean => rule.startsWith('poison');
  const { push, attempts, advance, delivered, end } = queueTo(({ ruleId }) =>
    isPoison(ruleId) ? failed() : accepted,
  );
  for (let n = 0; n < 30; n++) push(`poison-${n}`);
  await advance(10);
  const pushedAtMs = new Map<string, number>();
  for (let n = 0; n < 3600; n++) {
    pushedAtMs.set(`good-${n}`, n * 1000 + 10);
    push(`good-${n}`);
    await advance(1000);
  }
  for (const { rule, atMs } of delivered()) expect(atMs - (pushedAtMs.get(rule) as number)).toBeLessThan(20);
  expect(delivered()).toHaveLength(3600);
  const perPoison = attempts.filter(({ rule }) => isPoison(rule)).length / 30;
  expect(perPoison).toBeLessThan(60);
  const lastTenMinutes = between(attempts, 50 * MINUTE_MS, 60 * MINUTE_MS);
  expect(lastTenMinutes.filter(({ rule }) => isPoison(rule)).length / 30).toBeLessThan(8);
  end();
});

test('many that always fail, retried at the rate of the target, do not use it up for others', async () => {
  const { push, advance, delivered, end } = queueTo(
    ({ ruleId }) => (ruleId.startsWith('poison') ? failed() : accepted),
    { maxPerSecond: () => 10 },
  );
  for (let n = 0; n < 200; n++) push(`poison-${n}`);
  const pushedAtMs = new Map<string, number>();
  for (let n = 0; n < 150; n++) {
    pushedAtMs.set(`good-${n}`, n * 1000);
    push(`good-${n}`);
    await advance(1000);
  }
  const late = delivered().filter(
    ({ rule, atMs }) =>
      (pushedAtMs.get(rule) as number) > 80_000 && atMs - (pushedAtMs.get(rule) as number) > 1500,
  );
  expect(late).toEqual([]);
  expect(delivered()).toHaveLength(150);
  end();
});

test('what was under way before a target went down does not tell that it is back', async () => {
  const { push, attempts, advance, end } = queueTo(
    ({ ruleId }) => (ruleId === 'slow' ? accepted : failed()),
    { answersAfterMs: ({ ruleId }) => (ruleId === 'slow' ? 4000 : 5) },
  );
  push('slow');
  for (let n = 0; n < 200; n++) push(`rule-${n}`);
  await advance(3900);
  const before = attempts.length;
  await advance(1000);
  expect(attempts.length - before).toBeLessThanOrEqual(1);
  end();
});

test('a probe that takes long is not sent a second time when something else is accepted', async () => {
  const { push, attempts, advance, end } = queueTo(
    ({ ruleId }) => (ruleId === 'slow' ? failed() : accepted),
    {
      answersAfterMs: ({ ruleId }) => (ruleId === 'slow' ? 4000 : 5),
    },
  );
  push('slow');
  await advance(5000);
  expect(attempts).toHaveLength(2);
  push('other');
  await advance(2000);
  expect(attempts.map(({ rule }) => rule)).toEqual(['slow', 'slow', 'other']);
  end();
});

test('a single transition that always fails is no reason to hold up others', async () => {
  const { push, advance, delivered, end } = queueTo(({ ruleId }) =>
    ruleId === 'poison' ? failed() : accepted,
  );
  push('poison');
  await advance(60 * MINUTE_MS);
  push('good');
  await advance(10);
  expect(delivered()).toHaveLength(1);
  end();
});

test('a receiver that is down and asks to be left alone is left alone', async () => {
  let isUp = false;
  const { push, attempts, advance, delivered, end } = queueTo(() => (isUp ? accepted : failed(60_000)));
  for (let n = 0; n < 100; n++) push(`rule-${n}`);
  await advance(100);
  const first = attempts.length;
  push('new');
  await advance(59_000);
  expect(attempts.length).toBe(first);
  isUp = true;
  await advance(10_000);
  expect(delivered()).toHaveLength(101);
  end();
});

test('who was asked to wait is not probed before, others are', async () => {
  const { push, attempts, advance, end } = queueTo(({ ruleId }) => failed(ruleId === 'slow' ? 60_000 : null));
  push('slow');
  push('other');
  await advance(59_000);
  expect(attempts.filter(({ rule }) => rule === 'slow')).toHaveLength(1);
  expect(attempts.filter(({ rule }) => rule === 'other').length).toBeGreaterThan(10);
  end();
});

test('who was asked to wait by a receiver that is not down waits alone', async () => {
  const { push, attempts, advance, delivered, end } = queueTo(({ ruleId }, atMs) =>
    ruleId === 'slow' && atMs < 50_000 ? failed(60_000) : accepted,
  );
  push('slow');
  await advance(100);
  push('other');
  await advance(100);
  expect(delivered()).toHaveLength(1);
  await advance(61_000);
  expect(attempts.filter(({ rule }) => rule === 'slow').map(({ atMs }) => atMs >= 60_000)).toEqual([
    false,
    true,
  ]);
  end();
});

test.each([
  ['a day ahead', -24 * 60 * MINUTE_MS],
  ['a day back', 24 * 60 * MINUTE_MS],
])('a clock that is set %s gives nothing up and holds nothing up', async (_, byMs) => {
  let isUp = false;
  const { push, reports, advance, setBack, delivered, end } = queueTo(() => (isUp ? accepted : failed()));
  for (let n = 0; n < 20; n++) push(`rule-${n}`);
  await advance(10_000);
  setBack(byMs);
  await advance(20_000);
  expect(reports.filter(({ outcome }) => outcome.kind === 'refused')).toEqual([]);
  isUp = true;
  await advance(6000);
  expect(delivered()).toHaveLength(20);
  end();
});

test('after 24 hours all is given up that waited for a target that is down, tried or not', async () => {
  const { push, reports, advance, end } = queueTo(() => failed(3_600_000));
  for (let n = 0; n < 200; n++) push(`rule-${n}`);
  await advance(25 * 60 * MINUTE_MS + 10_000);
  const refused = reports.filter(({ outcome }) => outcome.kind === 'refused');
  expect(refused).toHaveLength(200);
  end();
});

test('a rate that the files change holds from then on, within a second, and what went before counts', async () => {
  let rate = 0.01;
  const { push, attempts, advance, end } = queueTo(() => accepted, { maxPerSecond: () => rate });
  for (let n = 0; n < 300; n++) push(`rule-${n}`);
  await advance(5000);
  expect(attempts).toHaveLength(1);
  rate = 100;
  await advance(2000);
  expect(attempts.length).toBeGreaterThan(100);
  rate = 20;
  await advance(500);
  const before = attempts.length;
  await advance(3000);
  expect(attempts.length - before).toBeLessThanOrEqual(60);
  expect(peak(attempts)).toBeLessThanOrEqual(100);
  end();
});

const NOTICED_WITHIN_MS = 5000;
const ANSWERS_AFTER_MS = 5;

test('whatever waits is delivered in order, never above the rate, and all of it within N / rate of the return', async () => {
  const scenario = fc.record({
    rate: fc.integer({ min: 5, max: 200 }),
    rules: fc.integer({ min: 1, max: 60 }),
    /** Of which rule, and how long after the one before. */
    pushes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2000 })), { minLength: 1, maxLength: 120 }),
    outages: fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 20_000 })), {
      maxLength: 4,
    }),
    lastOutageMs: fc.integer({ min: 1, max: 120_000 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rate, rules, pushes, outages, lastOutageMs, seed }) => {
      /** Down and up in turn; up for good after the last. */
      const changesAtMs: number[] = [];
      let atMs = 0;
      for (const [upMs, downMs] of outages) {
        atMs += upMs;
        changesAtMs.push(atMs);
        atMs += downMs;
        changesAtMs.push(atMs);
      }
      const isUp = (nowMs: number): boolean =>
        nowMs >= backAtMs || changesAtMs.filter(change => change <= nowMs).length % 2 === 0;
      let backAtMs = Number.POSITIVE_INFINITY;
      let isHeldDown = false;
      let turn = seed;
      const { push, attempts, advance, delivered, end } = queueTo(
        (_, nowMs) => (!isHeldDown && isUp(nowMs) ? accepted : failed()),
        {
          maxPerSecond: () => rate,
          answersAfterMs: () => ANSWERS_AFTER_MS,
          random: () => (++turn % 17) / 16,
        },
      );
      const versions = new Map<string, number>();
      let passedMs = 0;
      for (const [which, afterMs] of pushes) {
        const rule = `rule-${which % rules}`;
        const version = (versions.get(rule) ?? 0) + 1;
        versions.set(rule, version);
        push(rule, version);
        await advance(afterMs);
        passedMs += afterMs;
      }
      isHeldDown = true;
      await advance(lastOutageMs);
      passedMs += lastOutageMs;
      backAtMs = passedMs;
      isHeldDown = false;
      const left = pushes.length - delivered().length;
      const deepest = Math.max(...versions.values());
      // At most four faults before the last outage: whoever has those waits by itself for as long.
      const ownWaitMs = 500 * 2 ** outages.length;
      await advance(
        NOTICED_WITHIN_MS + ownWaitMs + (left / rate) * 1000 + 1000 + deepest * 2 * ANSWERS_AFTER_MS,
      );
      expect(delivered()).toHaveLength(pushes.length);
      for (const [rule, version] of versions)
        expect(
          delivered()
            .filter(one => one.rule === rule)
            .map(one => one.version),
        ).toEqual(Array.from({ length: version }, (_, n) => n + 1));
      expect(peak(attempts)).toBeLessThanOrEqual(rate);
      end();
    }),
    { numRuns: 60 },
  );
}, 60_000);
