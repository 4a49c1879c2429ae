import { expect, test } from '@jest/globals';
import { newRuleState } from '../../../lib/domain/transition.ts';
import { createFirstChecks } from '../../../lib/engine/checks/first-checks.ts';
import { newSlot, type Slot } from '../../../lib/engine/checks/slot.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { endpointOf } from '../../support/endpoints.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** So many endpoints that wait for their first check, of which each keeps the loop busy for a while. */
const waitingOf = (count: number, { busyMs = 0, unsaved = (): number => 0 } = {}) => {
  const clock = manualClock();
  const steady = createSteadyClock(clock);
  const timers = createTimers(steady, () => {});
  const turns: string[] = [];
  const onTurn = (slot: Slot) => {
    clock.work(busyMs);
    turns.push(slot.endpoint.id);
  };
  const firstChecks = createFirstChecks({ clock: steady, timers, onTurn, unsaved });
  const slots = Array.from({ length: count }, (_, at) =>
    newSlot(endpointOf(`e${at}`), newRuleState, () => {}),
  );
  for (const slot of slots) firstChecks.add(slot);
  return { clock, timers, firstChecks, slots, turns };
};

test('ten thousand have their turn within four seconds, in order, and never more than a few at once', async () => {
  const { clock, timers, firstChecks, slots, turns } = waitingOf(10_000);
  for (let ms = 0; ms < 4000; ms += 4) {
    const before = turns.length;
    await clock.advance(4);
    expect(turns.length - before).toBeLessThanOrEqual(12);
  }
  expect(firstChecks.size()).toBe(0);
  expect(turns).toEqual(slots.map(({ endpoint }) => endpoint.id));
  timers.stop();
});

test('a loop that has others in its way gives one turn at a time', async () => {
  const { clock, timers, turns } = waitingOf(100, { busyMs: 1 });
  await clock.advance(20);
  const before = turns.length;
  clock.work(50);
  await clock.advance(0);
  expect(turns.length - before).toBe(1);
  timers.stop();
});

test('nobody has a turn while the store is behind, and all go on once it is not', async () => {
  let waiting = 500;
  const { clock, timers, firstChecks, turns } = waitingOf(100, { unsaved: () => waiting });
  await clock.advance(1000);
  expect(turns).toEqual([]);
  waiting = 0;
  await clock.advance(100);
  expect(firstChecks.size()).toBe(0);
  timers.stop();
});

test('who leaves has no turn', async () => {
  const { clock, timers, firstChecks, slots, turns } = waitingOf(3);
  firstChecks.remove(slots[1] as Slot);
  await clock.advance(10);
  expect(turns).toEqual(['e0', 'e2']);
  timers.stop();
});
