import type { Clock } from '../../domain/clock.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { RuleState } from '../../domain/transition.ts';

/** A deployment is in force everywhere long before. */
const KEPT_MS = 3_600_000;

/** Rules that were removed from the jobset, or moved to another one. Somebody may still wait for their transitions, and
 *  until their new worker has begun, their streaks stand nowhere else: the checkpoint keeps them for a while. */
export const createOrphans = (clock: Clock, isUnderWay: (id: RuleId) => boolean) => {
  const rules = new Map<RuleId, RuleState>();
  return {
    add: (id: RuleId, state: RuleState): void => {
      rules.set(id, state);
    },
    /** What is known of a rule that comes back; it is none of them any more. */
    take: (id: RuleId): RuleState | null => {
      const state = rules.get(id) ?? null;
      rules.delete(id);
      return state;
    },
    kept: (): Iterable<readonly [RuleId, RuleState]> => {
      const fromMs = clock.nowMs() - KEPT_MS;
      return rules
        .entries()
        .filter(([id, { lastResultAtMs }]) => isUnderWay(id) || (lastResultAtMs ?? 0) > fromMs);
    },
  };
};
