import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTallies, eachTally, type Tally } from '../../lib/domain/tallies.ts';
import { endpointId } from '../support/endpoints.ts';

const id = fc.string().map(endpointId);
const count = fc.nat();
const instantMs = fc.option(fc.double({ min: 0, max: 2e12, noNaN: true }));
const tally: fc.Arbitrary<Tally> = fc.record({
  version: count,
  streak: count,
  streakOk: fc.boolean(),
  lastResultAtMs: instantMs,
  notifiedAtMs: instantMs,
  runs: count,
  failures: count,
});

test('what was counted arrives in another thread as it was, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, tally), { maxLength: 20 }), fc.nat({ max: 20 }), (pairs, room) => {
      const tallies = createTallies(room);
      for (const pair of pairs) tallies.add(...pair);
      expect([...eachTally(structuredClone(tallies.all()))]).toEqual(pairs);
    }),
  );
});
