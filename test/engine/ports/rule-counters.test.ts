import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newRuleState } from '../../../lib/domain/transition.ts';
import {
  createRuleCounters,
  eachCounters,
  type RuleCounters,
} from '../../../lib/engine/ports/rule-counters.ts';
import { hold } from '../../../lib/rule/held-state.ts';
import { endpointId } from '../../support/endpoints.ts';

const id = fc.string({ unit: fc.constantFrom(...'abc-019') }).map(endpointId);
const count = fc.nat();
const instantMs = fc.option(fc.double({ min: 0, max: 2e12, noNaN: true }));
const counted: fc.Arbitrary<RuleCounters> = fc.record({
  version: count,
  streak: count,
  streakOk: fc.boolean(),
  lastResultAtMs: instantMs,
  notifiedAtMs: instantMs,
  runs: count,
  failures: count,
});

const collections = fc.array(
  fc.record({ pairs: fc.array(fc.tuple(id, counted), { maxLength: 20 }), expected: fc.nat({ max: 20 }) }),
  { minLength: 1, maxLength: 4 },
);

test('what was counted arrives in another thread as it was, in order, and time after time', () => {
  fc.assert(
    fc.property(collections, given => {
      const counters = createRuleCounters();
      for (const { pairs, expected } of given) {
        counters.begin(expected);
        for (const [id, one] of pairs) counters.add(id, hold({ ...newRuleState, ...one }));
        expect([...eachCounters(structuredClone(counters.all()))]).toEqual(pairs);
      }
    }),
  );
});

test('what stays the same is not made again', () => {
  const counters = createRuleCounters();
  const collect = (ids: readonly string[]) => {
    counters.begin(0);
    for (const [runs, name] of ids.entries()) counters.add(endpointId(name), hold({ ...newRuleState, runs }));
    return counters.all();
  };
  const first = collect(['a', 'b']);
  const second = collect(['a', 'b']);
  expect(second.numbers.buffer).toBe(first.numbers.buffer);
  expect(collect(['a']).numbers.buffer).toBe(first.numbers.buffer);
});
