import type { Transition } from '../../../lib/domain/transition.ts';
import type { EndpointPlan } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import type { Result, Timeline } from './timeline.ts';

const truth = (up: boolean): string => (up ? 'up' : 'down');

const trueResults = function* (timeline: Timeline) {
  for (const { atMs, process, id, ok, up, reason } of timeline.all('checked'))
    if (ok !== up)
      yield {
        atMs,
        message: `${process} says that ${id} is ${truth(ok)}${reason ? ` (${reason})` : ''}, and it was ${truth(up)} when it was asked`,
      };
};

const neededFor = ({ state, previousState }: Transition, plan: EndpointPlan): number => {
  if (state === 'fail') return plan.failureThreshold;
  return previousState === 'fail' ? plan.successThreshold : 1;
};

/** The first own result from `from` on that ends a run of enough like it; -1: there is none. */
const runEndsAt = (
  chain: readonly Result[],
  from: number,
  wanted: { readonly ok: boolean; readonly length: number; readonly epoch: number; readonly untilMs: number },
): number => {
  let length = 0;
  for (const [index, { ok, epoch, atMs, uncertain }] of chain.entries()) {
    if (atMs > wanted.untilMs) return -1;
    if (uncertain && ok !== wanted.ok) continue;
    length = ok === wanted.ok ? length + 1 : 0;
    if (length >= wanted.length && index >= from && epoch === wanted.epoch) return index;
  }
  return -1;
};

const supported = function* (timeline: Timeline) {
  const usedUpTo = new Map<string, number>();
  for (const { atMs, epoch, transition } of timeline.changes) {
    const { id, ruleId, state } = transition;
    const term = timeline.termOf(epoch);
    const plan = timeline.plans.get(ruleId);
    if (!term || !plan || state === 'unknown') continue;
    const key = `${epoch} ${ruleId}`;
    const length = neededFor(transition, plan);
    const index = runEndsAt(timeline.chainOf(ruleId, term), usedUpTo.get(key) ?? 0, {
      ok: state === 'ok',
      length,
      epoch,
      untilMs: atMs,
    });
    if (index < 0)
      yield {
        atMs,
        message: `${id} says ${state} without ${length} such result${length > 1 ? 's' : ''} in a row`,
      };
    else usedUpTo.set(key, index + 1);
  }
};

/** Nothing fails that does well, nothing is ok that does not: no result says what was not true, and no state is entered
 *  without as many results in a row as its rule wants, whoever saw them. */
export const verdicts: Invariant = {
  name: 'verdicts',
  promises: [6, 13],
  broken: function* (_, timeline) {
    yield* trueResults(timeline);
    yield* supported(timeline);
  },
};
