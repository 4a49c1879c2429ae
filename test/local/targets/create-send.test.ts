import { expect, test } from '@jest/globals';
import { printSenders } from '../../../lib/local/targets/print.ts';
import { webhookTo } from '../../support/example-transition.ts';
import { sendTo } from './example-send.ts';

test('a target that is gone from the files takes nothing any more', async () => {
  expect(await sendTo(webhookTo('http://127.0.0.1:1/'), { targetNamed: () => undefined })()).toEqual({
    kind: 'refused',
    error: 'no file defines the target "ops" any more',
  });
});

test('a sender that throws has failed', async () => {
  const services = printSenders(() => {
    throw new Error('the screen is gone');
  });
  expect(await sendTo({ kind: 'sns', topicArn: 'arn:t' }, { services })()).toEqual({
    kind: 'failed',
    error: 'the screen is gone',
    afterMs: null,
  });
});
