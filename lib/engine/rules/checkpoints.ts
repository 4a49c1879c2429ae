import type { Clock } from '../../domain/clock.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { HeldState } from '../../rule/held-state.ts';
import { createRuleCounters } from '../ports/rule-counters.ts';
import type { Holder, RuleStore } from '../ports/rule-store.ts';
import { CHECKPOINT_EVERY_MS } from './rule-book.ts';

type CheckpointsDeps = {
  readonly clock: Clock;
  readonly store: Pick<RuleStore, 'checkpoint'>;
  readonly holder: Holder;
  /** About so many rules. */
  readonly size: () => number;
  readonly collect: (take: (id: RuleId, held: HeldState, heardAtMs: number) => void) => Promise<void>;
  /** A later epoch has written one. */
  readonly onFenced: () => void;
  readonly onProblem: (message: string) => void;
  /** Ends every call. */
  readonly signal: AbortSignal;
};

/** What the rules of a term count, saved again and again. */
export const createCheckpoints = (deps: CheckpointsDeps) => {
  const { clock, store, holder, signal } = deps;
  const counters = createRuleCounters();
  let last = Promise.resolve();
  /** The last one could not be saved: that is told once. */
  let failed = false;

  const saveNext = async (): Promise<void> => {
    counters.begin(deps.size());
    await deps.collect(counters.add);
    try {
      if ((await store.checkpoint(holder, counters.all(), signal)) === 'fenced') deps.onFenced();
      failed = false;
    } catch (cause) {
      if (!(signal.aborted || failed))
        deps.onProblem(
          `the checkpoint could not be saved: ${(cause as Error).message}. It is tried again every 30 s; a restart before that loses streaks and totals.`,
        );
      failed = true;
    }
  };

  /** One at a time: all are collected in the same memory. Never rejects. */
  const save = (): Promise<void> => {
    last = last.then(saveNext);
    return last;
  };

  return {
    save,
    keepSaving: async (isOver: () => boolean): Promise<void> => {
      for (;;) {
        await clock.sleep(CHECKPOINT_EVERY_MS, signal);
        if (signal.aborted || isOver()) return;
        await save();
      }
    },
  };
};
