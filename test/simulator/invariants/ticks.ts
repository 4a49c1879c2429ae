import { dueCount, gridOf } from '../../../lib/schedule/grid.ts';
import type { SeenAs } from '../observation.ts';
import type { EndpointPlan } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import type { Timeline } from './timeline.ts';

/** A tick this near to when somebody looked may be counted or not: it is late, or the clock is being slewed. */
const NEAR_MS = 300;

/** A step is noticed at an endpoint's next tick. */
const STEP_SETTLES_MS = 15_000;

type Shown = SeenAs<'shown'>;

/** Due instants between two looks, by the grid alone: the least and the most. `waiting`: of checks that wait for a place,
 *  which are decided later. */
const dueBetween = (
  plan: EndpointPlan,
  before: Shown,
  after: Shown,
  waiting: number,
): readonly [number, number] => {
  const everyMs = plan.everyMs;
  const grid = gridOf({ id: plan.id, schedule: { kind: 'interval', everyMs, failEveryMs: everyMs } }, false);
  // A first check lies beside the grid.
  const first = before.epoch === after.epoch ? 0 : 1;
  return [
    dueCount(grid, before.wallMs + NEAR_MS, after.wallMs - NEAR_MS) - waiting,
    dueCount(grid, before.wallMs - NEAR_MS, after.wallMs + NEAR_MS) + waiting + first,
  ];
};

const wrongBetween = (
  timeline: Timeline,
  plan: EndpointPlan,
  [before, after]: readonly [Shown, Shown],
  waiting: number,
): string | null => {
  const term = timeline.termOf(after.epoch);
  if (!term || timeline.excusedFromMs(term) < after.atMs) return null;
  if (before.process !== after.process) return null;
  const others = timeline.terms.some(
    ({ process, jobset, epoch }) =>
      process !== after.process && jobset === after.jobset && epoch > before.epoch && epoch < after.epoch,
  );
  if (others) return null;
  const isFirst = !timeline
    .askedBy(before.process)
    .some(one => one.epoch === before.epoch && one.id === plan.id && one.atMs <= before.atMs);
  if (isFirst) return null;
  if (
    timeline.isStepped(before.atMs - STEP_SETTLES_MS, after.atMs) ||
    timeline.isEdited(plan.id, 0, after.atMs)
  )
    return null;
  const isMine = (one: { readonly process: string; readonly id: string; readonly order: number }): boolean =>
    one.process === after.process &&
    one.id === plan.id &&
    one.order > before.order &&
    one.order < after.order;
  const ran = after.ticks.run - before.ticks.run;
  const asked = timeline.askedBy(after.process).filter(isMine).length;
  const checked = timeline.resultsOf(plan.id).filter(isMine).length;
  if (ran > asked || ran < checked - 1) return `${ran} were run, of ${asked} asked and ${checked} told`;
  if (plan.everyMs !== plan.failEveryMs) return null;
  const due = after.ticks.due - before.ticks.due;
  const [least, most] = dueBetween(plan, before, after, waiting);
  return due < least || due > most ? `${due} were due, by the grid ${least} to ${most}` : null;
};

/** Each due instant is counted once: as run or as missed. */
export const ticks: Invariant = {
  name: 'ticks',
  promises: [5],
  broken: function* ({ world }, timeline) {
    const waiting = world.maxInFlight < world.endpoints.length ? 1 : 0;
    const last = new Map<string, Shown>();
    for (const shown of timeline.all('shown')) {
      const { due, run, late, missed } = shown.ticks;
      const key = `${shown.process} ${shown.id}`;
      if (due !== run + missed || late > run)
        yield {
          atMs: shown.atMs,
          message: `${shown.id}: ${due} due, ${run} run (${late} late), ${missed} missed`,
        };
      const before = last.get(key);
      const plan = timeline.plans.get(shown.id);
      const wrong = before && plan ? wrongBetween(timeline, plan, [before, shown], waiting) : null;
      if (wrong) yield { atMs: shown.atMs, message: `${key}: ${wrong}, since ${before?.atMs.toFixed(0)} ms` };
      last.set(key, shown);
    }
  },
};
