import { systemClock } from '../../../lib/domain/clock.ts';
import { newRuleState } from '../../../lib/domain/transition.ts';
import { limitConcurrency } from '../../../lib/engine/pacing/limit-concurrency.ts';
import type { Holder } from '../../../lib/engine/ports/rule-store.ts';
import { openStoreThread } from '../../../lib/local/store/store-thread.ts';
import { applyResult } from '../../../lib/rule/apply.ts';
import { failure, ruleOf } from '../../support/endpoints.ts';
import { pagerOf } from '../harness/many-files.ts';

export type UndeliveredParams = { readonly dataDir: string; readonly count: number };

const never = new AbortController().signal;
const holder = { jobset: 'local', epoch: 1 } as Holder;
const SAVES_AT_ONCE = 16;

/** Saves a transition of each rule `s0`, `s1`, … for its target, delivers none, and is killed like a process without
 *  memory: nothing is closed. */
export const leaveUndelivered = async ({ dataDir, count }: UndeliveredParams): Promise<never> => {
  const stores = await openStoreThread({ dataDir }, () => {});
  if (stores.kind !== 'open') throw new Error(stores.error);
  await stores.housekeeping.prepare(holder.jobset);
  const limited = limitConcurrency(SAVES_AT_ONCE);
  const nowMs = systemClock.nowMs();
  await Promise.all(
    Array.from({ length: count }, (_, at) =>
      limited(async () => {
        const rule = ruleOf(`s${at}`);
        const { state, transition } = applyResult(rule, newRuleState, failure, nowMs, nowMs, {
          whySuppressed: () => null,
          incarnation: null,
        });
        if (!transition) throw new Error('a first failure is a transition');
        await stores.store.save(holder, state, { transition, to: [pagerOf(at)] }, never);
      }),
    ),
  );
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
};
