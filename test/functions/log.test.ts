import { Logger } from '@aws-lambda-powertools/logger';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { logObserver } from '../../functions/log.ts';
import { externalTransition } from '../../lib/wording/external.ts';
import { exampleTransition } from '../support/example-transition.ts';

const write = process.stdout.write;
const writeError = process.stderr.write;
let output = '';

beforeEach(() => {
  output = '';
  const collect = (text: string | Uint8Array): boolean => {
    output += String(text);
    return true;
  };
  process.stdout.write = collect;
  process.stderr.write = collect;
});
afterEach(() => {
  process.stdout.write = write;
  process.stderr.write = writeError;
});

const lines = (): readonly unknown[] =>
  output
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));
const log = () => logObserver(new Logger({ serviceName: 'peregrine' }));

test('a transition is one line with all that is known of it', () => {
  const transition = exampleTransition();
  log().onTransition(transition);
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 'INFO',
      message: 'shop.example.com/health is fail',
      kind: 'transition',
      transition: externalTransition(transition),
    }),
  ]);
});

test('of deliveries only those that did not go through are told', () => {
  const delivery = { transition: exampleTransition(), target: 'ops', attempt: 2 };
  log().onDelivery({ ...delivery, outcome: { kind: 'accepted' } });
  log().onDelivery({ ...delivery, outcome: { kind: 'refused', error: 'too large' } });
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 'WARN',
      message: 'target "ops" did not get shop-example-com-health#7: too large',
      kind: 'delivery',
      delivery: {
        transition_id: 'shop-example-com-health#7',
        endpoint: 'shop-example-com-health',
        target: 'ops',
        outcome: 'refused',
        attempt: 2,
      },
    }),
  ]);
});

test('a problem is one line, whatever its text', () => {
  log().onProblem('the store does not work:\n"why"');
  expect(lines()).toEqual([
    expect.objectContaining({ level: 'ERROR', message: 'the store does not work:\n"why"', kind: 'problem' }),
  ]);
});
