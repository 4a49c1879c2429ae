import type { State } from '../../../lib/domain/transition.ts';
import type { SeenAs } from '../observation.ts';
import type { EndpointPlan } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import type { Result, Timeline } from './timeline.ts';

const SHOWN_WITHIN_MS = 2500;
const ALMOST_MS = 600;

/** What the last results make certain; null: they leave it open. */
const certain = (results: readonly Result[], plan: EndpointPlan): State | null => {
  const last = results.at(-1);
  if (!last) return null;
  const other = results.findLastIndex(({ ok }) => ok !== last.ok);
  const length = results.length - 1 - other;
  if (last.ok) return length >= plan.successThreshold ? 'ok' : null;
  return length >= plan.failureThreshold ? 'fail' : null;
};

const wrong = (timeline: Timeline, shown: SeenAs<'shown'>, plan: EndpointPlan): string | null => {
  const { atMs, process, epoch, id, state } = shown;
  const unknown = timeline.changes.findLast(
    one =>
      one.epoch === epoch &&
      one.transition.ruleId === id &&
      one.transition.state === 'unknown' &&
      one.order < shown.order,
  );
  // What another saved first takes the place of what was heard.
  const refused = timeline
    .all('save done')
    .findLast(one => one.outcome === 'conflict' && one.transition.ruleId === id && one.order < shown.order);
  const own = timeline.resultsOf(id).filter(result => result.epoch === epoch && result.order < shown.order);
  const counting = own.filter(({ order }) => order > Math.max(refused?.order ?? 0, unknown?.order ?? 0));
  const last = own.at(-1);
  const any = last ?? timeline.resultsOf(id).findLast(result => result.atMs <= atMs);
  const ageMs = atMs - (any?.atMs ?? Number.NEGATIVE_INFINITY);
  const vouchedMs = last ? 0 : plan.everyMs + plan.failEveryMs + plan.timeoutMs;
  const stepped = !last && timeline.isStepped(any?.atMs ?? 0, atMs);
  if (state !== 'unknown' && !stepped && ageMs > plan.staleAfterMs + vouchedMs + SHOWN_WITHIN_MS)
    return `${process} shows ${id} as ${state}, ${(ageMs / 1000).toFixed(1)} s after the last result`;
  const expected = certain(counting, plan);
  if (expected === null || state === expected || ageMs > plan.staleAfterMs - ALMOST_MS) return null;
  return `${process} shows ${id} as ${state}, and its last results say ${expected}`;
};

/** The API shows what was heard, and nothing that nobody heard. */
export const shownStates: Invariant = {
  name: 'shown states',
  promises: [6, 9, 14],
  broken: function* (_, timeline) {
    for (const shown of timeline.all('shown')) {
      const plan = timeline.plans.get(shown.id);
      if (!plan || timeline.isEdited(plan.id, 0, shown.atMs)) continue;
      const message = wrong(timeline, shown, plan);
      if (message) yield { atMs: shown.atMs, message };
    }
  },
};
