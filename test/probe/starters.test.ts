import { expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import { notStarted, type Starter } from '../../lib/probe/exec/process-group.ts';
import { createStarters } from '../../lib/probe/exec/starters.ts';

const { signal } = new AbortController();

type Fake = Starter & { readonly end: () => void; readonly isClosed: () => boolean };

const fake = (): Fake => {
  let usable = true;
  let closed = false;
  return {
    start: () => notStarted('only a fake'),
    isUsable: () => usable,
    close: () => {
      closed = true;
    },
    end: () => {
      usable = false;
    },
    isClosed: () => closed,
  };
};

/** Time goes by with each turn of the event loop. */
const clock: Clock = {
  ...systemClock,
  after: (_, run) => {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

const starters = (count: number) => {
  const opened: Fake[] = [];
  const all = createStarters(clock, count, async () => {
    const starter = fake();
    opened.push(starter);
    return starter;
  });
  return { ...all, opened };
};

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

test('who waits gets the next free one in order, and who gave up gets none', async () => {
  const { take, release, opened } = starters(1);
  const order: string[] = [];
  const takeFor = async (name: string, giveUp: AbortSignal = signal): Promise<void> => {
    order.push(`${name} ${(await take(giveUp)) !== null}`);
  };
  const free = (): void => opened.forEach(release);
  const impatient = new AbortController();
  await takeFor('a');
  const waiting = [takeFor('b'), takeFor('c', impatient.signal), takeFor('d')];
  impatient.abort();
  await waiting[1];
  free();
  await waiting[0];
  free();
  await waiting[2];
  expect(order).toEqual(['a true', 'c false', 'b true', 'd true']);
  free();
  await takeFor('e');
  await takeFor('f', AbortSignal.abort());
  expect(order.slice(4)).toEqual(['e true', 'f false']);
});

test('they are opened when they are needed, one at a time and no more than allowed', async () => {
  const { take, release, opened } = starters(3);
  await turn();
  expect(opened).toHaveLength(0);
  const first = await take(signal);
  if (first !== null) release(first);
  await take(signal);
  expect(opened).toHaveLength(1);
  const more = Array.from({ length: 9 }, () => take(signal));
  const counts: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    counts.push(opened.length);
    await turn();
  }
  expect(counts).toEqual([1, 2, 3, 3, 3, 3]);
  expect(await more[1]).toBe(opened[2]);
});

test('for who waits only a moment, none is opened', async () => {
  const { take, release, opened } = starters(3);
  const first = await take(signal);
  const second = take(signal);
  if (first !== null) release(first);
  expect(await second).toBe(first);
  const third = take(signal);
  if (first !== null) release(first);
  expect(await third).toBe(first);
  await turn();
  await turn();
  expect(opened).toHaveLength(1);
});

test('one that ended, idle or at work, is replaced', async () => {
  const { take, release, opened } = starters(1);
  const first = await take(signal);
  if (first !== null) release(first);
  opened[0]?.end();
  const second = await take(signal);
  expect(second).toBe(opened[1]);
  const third = take(signal);
  opened[1]?.end();
  if (second !== null) release(second);
  expect(await third).toBe(opened[2]);
});

test('after a close, the idle ones are ended at once and the others when they are free', async () => {
  const { take, release, close, opened } = starters(2);
  const [first] = await Promise.all([take(signal), take(signal)]);
  if (first !== null) release(first);
  close();
  expect(opened.map(one => one.isClosed())).toEqual([true, false]);
  const [, second] = opened;
  if (second !== undefined) release(second);
  expect(opened.map(one => one.isClosed())).toEqual([true, true]);
});
