import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rule } from '../../lib/domain/rule.ts';
import {
  newRuleState,
  type RuleState,
  type Suppression,
  type Transition,
} from '../../lib/domain/transition.ts';
import { applyResult, applySilence, countUnchanged } from '../../lib/rule/apply.ts';
import { hold, stateOf } from '../../lib/rule/held-state.ts';
import { resultOf, ruleOf } from '../support/endpoints.ts';

const START_MS = 1_790_000_000_000;

type Step =
  | { readonly ok: boolean; readonly suppressed?: Suppression | null }
  | { readonly silentMs: number };

/** Results come one second apart. */
const play = (rule: Rule, steps: readonly Step[], from: RuleState = newRuleState) => {
  let state = from;
  let nowMs = START_MS;
  const transitions: Transition[] = [];
  for (const step of steps) {
    nowMs += 'silentMs' in step ? step.silentMs : 1000;
    const applied =
      'silentMs' in step
        ? applySilence(rule, state, nowMs, { whySuppressed: () => null, incarnation: null })
        : applyResult(rule, state, resultOf(step.ok), nowMs, nowMs, {
            whySuppressed: () => step.suppressed ?? null,
            incarnation: null,
          });
    state = applied.state;
    if (applied.transition) transitions.push(applied.transition);
  }
  return { state, transitions };
};

const ok = { ok: true };
const bad = { ok: false };
/** `+` a success, `-` a failure. */
const results = (text: string): readonly Step[] => Array.from(text, sign => (sign === '+' ? ok : bad));
const story = (transitions: readonly Transition[]) =>
  transitions.map(({ kind, suppressed }) => (suppressed ? `${kind} (${suppressed})` : kind));

test.each([
  ['+', {}, ['initial']],
  ['-', {}, ['fail']],
  ['--', { failureThreshold: 3 }, []],
  ['---', { failureThreshold: 3 }, ['fail']],
  ['+--+--+--', { failureThreshold: 3 }, ['initial']],
  ['+---+', { failureThreshold: 3 }, ['initial', 'fail', 'ok']],
  ['+-+-+-', { successThreshold: 2 }, ['initial', 'fail']],
  ['+-+-++', { successThreshold: 2 }, ['initial', 'fail', 'ok']],
  ['-++', { successThreshold: 2 }, ['fail', 'ok']],
])('results %s with %j make %j', (text, thresholds, expected) => {
  expect(story(play(ruleOf('shop', thresholds), results(text)).transitions)).toEqual(expected);
});

test('a flapping endpoint opens one transition, not two', () => {
  const { transitions } = play(ruleOf('shop', { successThreshold: 3 }), results('+-+-+--+-+-'));
  expect(story(transitions)).toEqual(['initial', 'fail']);
});

test('a transition says what was before and for how long', () => {
  const { transitions } = play(ruleOf('shop'), results('+++-'));
  expect(transitions[1]).toMatchObject({
    id: 'shop#2',
    version: 2,
    state: 'fail',
    previousState: 'ok',
    atMs: START_MS + 4000,
    sinceMs: START_MS + 4000,
    previousDurationMs: 3000,
    reason: 'connect',
    error: 'connection refused',
  });
});

test('silence makes unknown, never fail, and says since when nobody watched', () => {
  const rule = ruleOf('shop', { staleAfterMs: 10_000 });
  const { state, transitions } = play(rule, [
    ok,
    { silentMs: 10_000 },
    { silentMs: 1 },
    { silentMs: 60_000 },
  ]);
  expect(state.state).toBe('unknown');
  expect(state.sinceMs).toBe(START_MS + 1000);
  expect(story(transitions)).toEqual(['initial', 'unknown']);
  expect(transitions[1]).toMatchObject({ reason: 'silence', error: 'no result for 10.0 s' });
});

test('a rule that never had a result is not made stale', () => {
  expect(play(ruleOf('shop'), [{ silentMs: 10 ** 9 }]).transitions).toEqual([]);
});

test('after an unknown that targets were told, ok is told as well, at once', () => {
  const { transitions } = play(ruleOf('shop', { successThreshold: 5 }), [ok, { silentMs: 20_000 }, ok]);
  expect(story(transitions)).toEqual(['initial', 'unknown', 'ok']);
});

test('from unknown a fail needs its whole threshold again', () => {
  const rule = ruleOf('shop', { failureThreshold: 2 });
  expect(story(play(rule, [ok, bad, { silentMs: 20_000 }, bad]).transitions)).toEqual(['initial', 'unknown']);
  expect(story(play(rule, [ok, bad, { silentMs: 20_000 }, bad, bad]).transitions)).toEqual([
    'initial',
    'unknown',
    'fail',
  ]);
});

test('while failing, the fail is repeated every remind_every', () => {
  const { transitions } = play(ruleOf('shop', { remindEveryMs: 3000 }), results('+--------'));
  expect(story(transitions)).toEqual(['initial', 'fail', 'reminder', 'reminder']);
  expect(transitions[2]).toMatchObject({
    id: 'shop#3',
    state: 'fail',
    previousState: 'fail',
    sinceMs: START_MS + 2000,
  });
});

test('a fail in maintenance is recorded, and told once maintenance is over if it lasts', () => {
  const hidden = { ok: false, suppressed: 'maintenance' } as const;
  const { transitions } = play(ruleOf('shop', { remindEveryMs: 1000 }), [ok, hidden, hidden, hidden, bad]);
  expect(story(transitions)).toEqual(['initial', 'fail (maintenance)', 'fail']);
  expect(transitions[2]).toMatchObject({
    previousState: 'ok',
    sinceMs: START_MS + 2000,
    atMs: START_MS + 5000,
  });
});

test('a fail that was never told needs no all-clear', () => {
  const { transitions } = play(ruleOf('shop'), [ok, { ok: false, suppressed: 'depends_on' }, ok, bad]);
  expect(story(transitions)).toEqual(['initial', 'fail (depends_on)', 'ok (unannounced)', 'fail']);
});

test('a recovery in maintenance is told when maintenance is over', () => {
  const { transitions } = play(ruleOf('shop'), [ok, bad, { ok: true, suppressed: 'maintenance' }, ok, ok]);
  expect(story(transitions)).toEqual(['initial', 'fail', 'ok (maintenance)', 'ok']);
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ok: fc.boolean(),
      suppressed: fc.constantFrom(null, null, 'maintenance' as const, 'depends_on' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ silentMs: fc.integer({ min: 0, max: 30_000 }) }) },
);
const anyRule = fc
  .record({
    failureThreshold: fc.integer({ min: 1, max: 4 }),
    successThreshold: fc.integer({ min: 1, max: 4 }),
    remindEveryMs: fc.constantFrom(null, 2000),
  })
  .map(given => ruleOf('shop', given));

test('what is counted without a change is what the result would have come to', () => {
  fc.assert(
    fc.property(anyRule, fc.array(step, { maxLength: 60 }), fc.boolean(), (rule, steps, isOk) => {
      const { state } = play(rule, steps);
      const held = hold(state);
      expect(stateOf(held)).toEqual(state);
      const nowMs = START_MS + 1e7;
      const applied = applyResult(rule, state, resultOf(isOk), nowMs, nowMs, {
        whySuppressed: () => null,
        incarnation: null,
      });
      const unchanged = countUnchanged(held, isOk, nowMs);
      expect(stateOf(held)).toEqual(unchanged ? applied.state : state);
      if (unchanged) expect(applied.transition).toBeNull();
    }),
  );
});

test('whatever happens, versions count up by one, and each transition starts where the last one ended', () => {
  fc.assert(
    fc.property(anyRule, fc.array(step, { maxLength: 60 }), (rule, steps) => {
      const { state, transitions } = play(rule, steps);
      expect(transitions.map(({ version }) => version)).toEqual(transitions.map((_, index) => index + 1));
      expect(state.version).toBe(transitions.length);
      expect(state.state).toBe(transitions.at(-1)?.state ?? 'unknown');
      const changes = transitions.filter(
        ({ kind, atMs, sinceMs }) => kind === 'unknown' || (kind !== 'reminder' && atMs === sinceMs),
      );
      changes.forEach(({ previousState }, index) => {
        expect(previousState).toBe(changes[index - 1]?.state ?? 'unknown');
      });
    }),
  );
});

test('whatever is suppressed, targets never hear the same state twice but by a reminder, and end with the truth', () => {
  fc.assert(
    fc.property(anyRule, fc.array(step, { maxLength: 60 }), (rule, steps) => {
      const last = steps.findLast((one): one is { ok: boolean } => 'ok' in one);
      const { state, transitions } = play(rule, [...steps, { ok: last?.ok ?? true }]);
      const told = transitions.filter(({ suppressed }) => suppressed === null);
      told.forEach((transition, index) => {
        if (transition.kind !== 'reminder') expect(transition.state).not.toBe(told[index - 1]?.state);
      });
      if (told.length > 0) expect(told.at(-1)?.state).toBe(state.state);
    }),
  );
});

test('a state follows from the results alone: never fail without its threshold of failures in a row', () => {
  fc.assert(
    fc.property(anyRule, fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (rule, oks) => {
      const { state } = play(
        rule,
        oks.map(value => ({ ok: value })),
      );
      let expected = 'unknown';
      let streak = 0;
      oks.forEach((value, index) => {
        streak = index > 0 && oks[index - 1] === value ? streak + 1 : 1;
        if (value && (expected === 'unknown' || streak >= rule.successThreshold)) expected = 'ok';
        if (!value && streak >= rule.failureThreshold) expected = 'fail';
      });
      expect(state.state).toBe(expected);
    }),
  );
});
