import type { RuleId } from '../../../lib/domain/rule.ts';
import type { SeenAs } from '../observation.ts';
import type { EndpointPlan } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { heardAtMs, overlapMs, type Result, type Term, type Timeline } from './timeline.ts';

/** Silence is looked for each second. */
const LOOKS_WITHIN_MS = 1500;
const ALMOST_MS = 600;
/** An unknown is saved so soon after what ends the gap, with a store that answers. */
const SAVED_WITHIN_MS = 3000;
/** Saves of one rule that waited for the store come one after the other. */
const SAVES_WAIT_MS = 5000;
/** A checkpoint that is older proves nothing of who watched later. */
const VOUCHED_MS = 35_000;

type Issue = SeenAs<'save issued'>;

const unknowns = (timeline: Timeline): readonly Issue[] =>
  timeline.changes.filter(({ transition }) => transition.state === 'unknown');

/** Until when the store could tell a term at its beginning that the rule was heard. */
const toldByStoreMs = (timeline: Timeline, plan: EndpointPlan, term: Term): number => {
  const heard = (epoch: number, isIn: (result: Result) => boolean): number => {
    const last = timeline.resultsIn(plan.id, epoch).findLast(isIn);
    return last ? heardAtMs(last, plan) : 0;
  };
  const isBefore = (one: { readonly atMs: number; readonly epoch: number }): boolean =>
    one.atMs <= term.acquiredAtMs && one.epoch !== term.epoch;
  const saves = timeline
    .all('save done')
    .filter(one => isBefore(one) && one.outcome === 'saved' && one.transition.ruleId === plan.id)
    .map(({ epoch, state, order, transition }) => {
      const issued = timeline.changes.find(one => one.epoch === epoch && one.transition.id === transition.id);
      const before = issued?.order ?? order;
      return heard(
        epoch,
        result => result.order < before && result.wallMs <= (state.lastResultAtMs ?? 0) + 1,
      );
    });
  const checkpoints = timeline
    .all('checkpoint')
    .filter(one => isBefore(one) && one.ids.has(plan.id))
    .map(({ epoch, issuedAtMs }) => heard(epoch, ({ atMs }) => atMs < issuedAtMs));
  const knownMs = Math.max(0, ...saves, ...checkpoints);
  const watchedMs = Math.max(
    0,
    ...[...timeline.all('renewed'), ...timeline.all('released')]
      .filter(one => isBefore(one) && one.jobset === term.jobset)
      .map(({ watchedUntilMs }) => watchedUntilMs ?? 0),
  );
  return timeline.isLasting(term) ? Math.max(knownMs, Math.min(watchedMs, knownMs + VOUCHED_MS)) : knownMs;
};

/** The longest that nobody heard of the rule before it was called unknown, since it last changed. A result that ends a
 *  gap may come first, and the save may have waited for others. */
const silentForMs = (timeline: Timeline, plan: EndpointPlan, { atMs, order, epoch }: Issue): number => {
  const term = timeline.termOf(epoch);
  if (!term) return 0;
  const sinceOrder = timeline.changes.findLast(
    one => one.epoch === epoch && one.transition.ruleId === plan.id && one.atMs < atMs - SAVES_WAIT_MS,
  )?.order;
  const own = timeline.resultsIn(plan.id, epoch).filter(result => result.order < order);
  let heardMs = toldByStoreMs(timeline, plan, term);
  if (timeline.isStepped(heardMs, own[0]?.atMs ?? atMs)) heardMs = Number.NEGATIVE_INFINITY;
  // One that was taken out and comes back is what was saved of it.
  if (timeline.isEdited(plan.id, heardMs, atMs)) return Number.POSITIVE_INFINITY;
  // One that moved away and back without a transition is known by its old home.
  if (timeline.isMoved(plan.id, atMs)) return Number.POSITIVE_INFINITY;
  let longestMs = 0;
  for (const result of own) {
    if (result.order > (sinceOrder ?? -1)) longestMs = Math.max(longestMs, heardAtMs(result, plan) - heardMs);
    heardMs = heardAtMs(result, plan);
  }
  return Math.max(longestMs, atMs - heardMs);
};

const notTooSoon = function* (timeline: Timeline) {
  for (const issue of unknowns(timeline)) {
    const plan = timeline.plans.get(issue.transition.ruleId);
    const silentMs = plan ? silentForMs(timeline, plan, issue) : Number.POSITIVE_INFINITY;
    if (plan && silentMs < plan.staleAfterMs - ALMOST_MS)
      yield {
        atMs: issue.atMs,
        message: `${issue.transition.id} says unknown ${(silentMs / 1000).toFixed(1)} s after it was heard, not ${plan.staleAfterMs / 1000} s`,
      };
  }
};

/** Results of those who held the rule, each until the next took over. */
const ofHolders = (timeline: Timeline, id: RuleId): readonly Result[] => {
  let epoch = 0;
  return timeline.resultsOf(id).filter(result => {
    if (result.epoch < epoch) return false;
    epoch = result.epoch;
    return true;
  });
};

/** When a term took over, the rule was saved with a state that silence ends. */
const isKnownTo = (timeline: Timeline, id: RuleId, { epoch }: Result): boolean => {
  const takenAtMs = timeline.termOf(epoch)?.acquiredAtMs ?? 0;
  const saved = timeline
    .all('save done')
    .findLast(one => one.outcome === 'saved' && one.transition.ruleId === id && one.atMs < takenAtMs);
  return saved !== undefined && saved.state.state !== 'unknown';
};

const neverMissing = function* (timeline: Timeline) {
  const said = unknowns(timeline);
  for (const plan of timeline.plans.values()) {
    const results = ofHolders(timeline, plan.id);
    for (const [index, before] of results.entries()) {
      const after = results[index + 1];
      if (!after || !before.ok) continue;
      const gapMs = after.askedAtMs - before.atMs;
      const handedOver = before.epoch !== after.epoch;
      const vouchedMs = handedOver ? Math.max(plan.everyMs, plan.failEveryMs) + plan.timeoutMs : 0;
      if (gapMs <= plan.staleAfterMs + vouchedMs + LOOKS_WITHIN_MS) continue;
      if (handedOver && timeline.isStepped(before.atMs, after.atMs)) continue;
      if (handedOver && !isKnownTo(timeline, plan.id, after)) continue;
      const away = timeline.storeAway(after.jobset);
      const isAway = overlapMs(away, before.atMs, after.atMs + SAVED_WITHIN_MS) > 0;
      const untilMs = isAway ? Number.POSITIVE_INFINITY : after.atMs + SAVED_WITHIN_MS;
      const isSaid = said.some(
        ({ atMs, transition }) => transition.ruleId === plan.id && atMs >= before.atMs && atMs <= untilMs,
      );
      if (!isSaid)
        yield {
          atMs: after.atMs,
          message: `${plan.id} was not heard for ${(gapMs / 1000).toFixed(1)} s, more than ${plan.staleAfterMs / 1000} s, and never became unknown`,
        };
    }
  }
};

/** A rule becomes unknown exactly where nobody heard of it for longer than `stale_after`. */
export const silence: Invariant = {
  name: 'silence',
  promises: [6, 9],
  broken: function* (_, timeline) {
    yield* notTooSoon(timeline);
    yield* neverMissing(timeline);
  },
};
