import { systemClock } from '../../../lib/domain/clock.ts';
import type { Destination } from '../../../lib/domain/target.ts';
import type { Transition } from '../../../lib/domain/transition.ts';
import type { Outcome } from '../../../lib/engine/ports/send.ts';
import { createSend, type SendDeps } from '../../../lib/local/targets/create-send.ts';
import { printSenders } from '../../../lib/local/targets/print.ts';
import { exampleTarget, exampleTransition } from '../../support/example-transition.ts';

/** The real clock, but every wait is a tenth as long. */
export const hastyClock: SendDeps['clock'] = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms / 10, run),
};

/** Sends the example transition to one target, named `ops`. */
export const sendTo = (
  to: Destination,
  deps: Partial<SendDeps> = {},
): ((changes?: Partial<Transition>, signal?: AbortSignal) => Promise<Outcome>) => {
  const send = createSend({
    clock: systemClock,
    env: process.env,
    region: null,
    readSecret: () => null,
    targetNamed: name => (name === 'ops' ? exampleTarget(to) : undefined),
    services: printSenders(() => {}),
    ...deps,
  });
  return (changes = {}, signal = new AbortController().signal) =>
    send('ops', exampleTransition(changes), signal);
};
