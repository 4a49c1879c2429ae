import { expect, test } from '@jest/globals';
import { createSlots } from '../../lib/probe/slots.ts';

const { signal } = new AbortController();

test('who waits gets the next free slot in order, and who gave up gets none', async () => {
  const slots = createSlots(1);
  const order: string[] = [];
  const take = async (name: string, giveUp: AbortSignal = signal): Promise<void> => {
    order.push(`${name} ${await slots.take(giveUp)}`);
  };
  const impatient = new AbortController();
  await take('a');
  const waiting = [take('b'), take('c', impatient.signal), take('d')];
  impatient.abort();
  await waiting[1];
  slots.release();
  await waiting[0];
  slots.release();
  await waiting[2];
  expect(order).toEqual(['a true', 'c false', 'b true', 'd true']);
  slots.release();
  await take('e');
  await take('f', AbortSignal.abort());
  expect(order.slice(4)).toEqual(['e true', 'f false']);
});
