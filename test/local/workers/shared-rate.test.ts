import { expect, test } from '@jest/globals';
import { withSharedRate } from '../../../lib/local/workers/shared-rate.ts';
import { exampleTransition } from '../../support/example-transition.ts';
import { manualClock } from '../../support/manual-clock.ts';

const sending = (rate: () => number) => {
  const clock = manualClock();
  const startMs = clock.nowMs();
  const sent: { readonly target: string; readonly atMs: number }[] = [];
  const send = withSharedRate(clock, rate, async target => {
    sent.push({ target, atMs: clock.nowMs() - startMs });
    return { kind: 'accepted' };
  });
  return { clock, sent, send };
};
const never = new AbortController().signal;

test('what many send at once arrives at the rate of the target, in order', async () => {
  const { clock, sent, send } = sending(() => 5);
  for (let n = 0; n < 50; n++) void send('ops', exampleTransition(), never);
  void send('other', exampleTransition(), never);
  await clock.advance(20_000);
  const toOps = sent.filter(({ target }) => target === 'ops');
  expect(toOps).toHaveLength(50);
  for (const [at, { atMs }] of toOps.entries())
    if (at >= 5) expect(atMs - (toOps[at - 5]?.atMs ?? 0)).toBeGreaterThanOrEqual(1000);
  expect(sent.find(({ target }) => target === 'other')?.atMs).toBe(0);
});

test('what a dead worker wanted to send is not sent, and takes no place', async () => {
  const { clock, sent, send } = sending(() => 1);
  const dead = new AbortController();
  void send('ops', exampleTransition(), never);
  const gone = send('ops', exampleTransition(), dead.signal);
  void send('ops', exampleTransition(), never);
  await clock.advance(10);
  dead.abort();
  expect(await gone).toMatchObject({ kind: 'failed' });
  await clock.advance(1100);
  expect(sent).toHaveLength(2);
});

test('a changed rate holds from then on', async () => {
  let rate = 1;
  const { clock, sent, send } = sending(() => rate);
  for (let n = 0; n < 20; n++) void send('ops', exampleTransition(), never);
  await clock.advance(2500);
  expect(sent).toHaveLength(3);
  rate = 100;
  await clock.advance(1000);
  expect(sent).toHaveLength(20);
});
