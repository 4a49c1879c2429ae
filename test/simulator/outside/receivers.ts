import type { Outcome, Send } from '../../../lib/engine/ports/send.ts';
import type { SimulatedProcess } from '../machine/process.ts';
import type { Scheduler } from '../machine/scheduler.ts';
import type { See, Under } from '../observation.ts';
import { between, chance, type Random } from '../world/random.ts';
import { modeAt, type TargetPlan } from '../world/world.ts';

type ReceiversDeps = {
  readonly scheduler: Scheduler;
  readonly process: SimulatedProcess;
  readonly plans: ReadonlyMap<string, TargetPlan>;
  readonly random: Random;
  readonly see: See;
  readonly under: () => Under;
};

const ACCEPTED: Outcome = { kind: 'accepted' };
const failed = (error: string): Outcome => ({ kind: 'failed', error, afterMs: null });
/** A sender gives up an answer that does not come. */
const GIVES_UP_AFTER_MS = 5000;
const SLOW_MS = 4000;
/** A forgetful target takes this part of what comes without an answer. */
const FORGETS = 0.5;

/** Sends to targets that take, refuse, fail, or take without a word. */
export const createReceivers = ({
  scheduler,
  process,
  plans,
  random,
  see,
  under,
}: ReceiversDeps): { readonly send: Send } => ({
  send: (target, transition, signal) =>
    new Promise(resolve => {
      const by = under();
      see({ ...by, kind: 'sent', target, transition });
      if (signal.aborted) return resolve(failed('aborted'));
      const plan = plans.get(target) as TargetPlan;
      const abort = (): void => resolve(failed('aborted'));
      signal.addEventListener('abort', abort, { once: true });
      const hear = (afterMs: number, outcome: Outcome): void =>
        process.answer(afterMs, () => {
          signal.removeEventListener('abort', abort);
          resolve(outcome);
        });
      const take = (): void => see({ ...by, kind: 'received', target, transition });
      const arrive = (): void => {
        const mode = modeAt(plan.changes, scheduler.nowMs(), 'up');
        switch (mode) {
          case 'up':
            take();
            return hear(plan.answersAfterMs / 2, ACCEPTED);
          case 'slow':
            take();
            return hear(between(random, 1, SLOW_MS), ACCEPTED);
          case 'forgetful':
            take();
            return chance(random, FORGETS)
              ? hear(GIVES_UP_AFTER_MS, failed('no answer'))
              : hear(plan.answersAfterMs / 2, ACCEPTED);
          case 'down':
            return hear(1, failed('connection refused'));
          case 'refusing':
            // It saw it, and will never take it.
            take();
            return hear(1, { kind: 'refused', error: 'got 400' });
          default:
            return mode satisfies never;
        }
      };
      scheduler.at(scheduler.nowMs() + plan.answersAfterMs / 2, () => {
        if (process.isAlive() || chance(random, 0.5)) arrive();
      });
    }),
});
