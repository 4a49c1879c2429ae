import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';

const MODULE = new URL('../../lib/process/thread-priority.ts', import.meta.url).href;
const SCRIPT = `
  const { giveWay } = await import('${MODULE}');
  const { readlinkSync } = await import('node:fs');
  const { parentPort } = await import('node:worker_threads');
  giveWay();
  parentPort.postMessage(readlinkSync('/proc/thread-self').split('/').at(-1));
  parentPort.once('message', () => {});
`;

test('a thread gives way to the others of its process', async () => {
  const before = getPriority();
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`));
  const [threadId] = await once(thread, 'message');
  expect(getPriority(Number(threadId))).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
  expect(getPriority()).toBe(before);
  await thread.terminate();
});
