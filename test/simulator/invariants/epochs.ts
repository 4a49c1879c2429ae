import type { RuleId } from '../../../lib/domain/rule.ts';
import type { Invariant } from './invariant.ts';
import { overlapMs, type Span, type Timeline } from './timeline.ts';

/** Whoever lost its lease hears of it at its next renewal, or the one after. */
const HEARS_WITHIN_MS = 10_000;

const savesInOrder = function* (timeline: Timeline) {
  const last = new Map<RuleId, number>();
  for (const { atMs, outcome, repeated, transition, epoch, process } of timeline.all('save done')) {
    if (outcome !== 'saved' || repeated) continue;
    const before = last.get(transition.ruleId) ?? 0;
    if (epoch < before)
      yield {
        atMs,
        message: `${process} saved ${transition.id} under epoch ${epoch}, after epoch ${before}`,
      };
    if (timeline.termOf(epoch)?.process !== process)
      yield { atMs, message: `${process} saved ${transition.id} under epoch ${epoch}, which it never had` };
    last.set(transition.ruleId, Math.max(epoch, before));
  }
};

/** When it last was excused from knowing: the store was away from it, or it stood still. */
const excusedUntilMs = (spans: readonly Span[], atMs: number): number =>
  Math.max(0, ...spans.filter(({ fromMs }) => fromMs <= atMs).map(({ untilMs }) => untilMs));

const watchersAlone = function* (timeline: Timeline) {
  for (const term of timeline.terms) {
    const lostAtMs = timeline.takenOverAtMs(term);
    if (lostAtMs === Number.POSITIVE_INFINITY) continue;
    const excused = [...timeline.storeAway(term.jobset), ...timeline.pausesOf(term.process)];
    for (const { atMs, process, epoch, id } of timeline.askedBy(term.process)) {
      if (epoch !== term.epoch || atMs < lostAtMs + HEARS_WITHIN_MS) continue;
      if (overlapMs(excused, atMs - HEARS_WITHIN_MS, atMs) > 0 || excusedUntilMs(excused, atMs) > atMs)
        continue;
      yield {
        atMs,
        message: `${process} still checks ${id}, and lost its lease at ${lostAtMs.toFixed(0)} ms`,
      };
      break;
    }
  }
};

/** Only under the current epoch is anything saved, and whoever lost its lease stops. */
export const epochs: Invariant = {
  name: 'epochs',
  promises: [1],
  broken: function* (_, timeline) {
    yield* savesInOrder(timeline);
    yield* watchersAlone(timeline);
  },
};
