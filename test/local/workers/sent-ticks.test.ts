import { expect, test } from '@jest/globals';
import type { CountedTicks } from '../../../lib/engine/measures/counted-ticks.ts';
import { createTicksSender, receivedTicks, ticksIn } from '../../../lib/local/workers/sent-ticks.ts';
import { endpointId } from '../../support/endpoints.ts';

const counted = (atMs: number, ids: readonly string[]): CountedTicks => ({
  atMs,
  ticks: new Map(
    ids.map((id, n) => [endpointId(id), { due: n + 10, run: n + 7, late: n, missed: 3 }] as const),
  ),
});

test('ticks arrive as they were counted, their ids only when they change', () => {
  const send = createTicksSender();
  const first = send(counted(1, ['a', 'b']));
  const second = send(counted(2, ['a', 'b']));
  const third = send(counted(3, ['a', 'b', 'c']));
  expect([first, second, third].map(({ ids }) => ids?.length ?? null)).toEqual([2, null, 3]);
  const one = receivedTicks(first, undefined);
  const two = receivedTicks(second, one ?? undefined);
  expect(two && ticksIn(two)).toEqual(counted(2, ['a', 'b']));
  const three = receivedTicks(third, two ?? undefined);
  expect(three && ticksIn(three)).toEqual(counted(3, ['a', 'b', 'c']));
});

test('counts whose ids did not arrive are not taken for those of others', () => {
  const send = createTicksSender();
  send(counted(1, ['a', 'b', 'c']));
  const later = send(counted(2, ['a', 'b', 'c']));
  expect(receivedTicks(later, undefined)).toBeNull();
  const other = receivedTicks(createTicksSender()(counted(1, ['x'])), undefined);
  expect(receivedTicks(later, other ?? undefined)).toBeNull();
});
