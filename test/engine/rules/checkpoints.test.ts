import { expect, test } from '@jest/globals';
import { newRuleState } from '../../../lib/domain/transition.ts';
import type { PackedCounters } from '../../../lib/engine/ports/rule-counters.ts';
import { createCheckpoints } from '../../../lib/engine/rules/checkpoints.ts';
import { hold } from '../../../lib/rule/held-state.ts';
import { never } from '../../support/dynamodb.ts';
import { endpointId } from '../../support/endpoints.ts';
import { manualClock } from '../../support/manual-clock.ts';

test('a checkpoint that is being saved stays as it is, and the next one follows it', async () => {
  const clock = manualClock();
  const saving: { readonly counters: PackedCounters; readonly done: () => void }[] = [];
  let runs = 0;
  const { save } = createCheckpoints({
    clock,
    holder: { jobset: 'local', epoch: 1 },
    store: {
      checkpoint: (_, counters) =>
        new Promise(resolve => saving.push({ counters, done: () => resolve('saved') })),
    },
    size: () => 1,
    collect: async take => take(endpointId('shop'), hold({ ...newRuleState, runs: ++runs }), Number.NaN),
    onFenced: () => {},
    onProblem: () => {},
    signal: never,
  });
  const saves = Promise.all([save(), save()]);
  await clock.advance(0);
  expect(saving).toHaveLength(1);
  expect([...(saving[0]?.counters.numbers ?? [])]).toContain(1);
  expect([...(saving[0]?.counters.numbers ?? [])]).not.toContain(2);
  saving[0]?.done();
  await clock.advance(0);
  expect(saving).toHaveLength(2);
  expect([...(saving[1]?.counters.numbers ?? [])]).toContain(2);
  saving[1]?.done();
  await saves;
});
