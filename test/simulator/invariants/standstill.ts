import { configAt } from '../world/config.ts';
import type { EndpointPlan, World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { overlapMs, type Term, type Timeline } from './timeline.ts';

const SLACK_MS = 2000;
const FIRST_WITHIN_MS = 6000;

const mostApartMs = (world: World, plan: EndpointPlan): number => {
  const waits = world.maxInFlight < world.endpoints.length ? 3 : 1;
  const timeoutMs = Math.max(...world.endpoints.map(endpoint => endpoint.timeoutMs));
  return 2 * Math.max(plan.everyMs, plan.failEveryMs) + waits * timeoutMs + SLACK_MS;
};

const gaps = function* (world: World, timeline: Timeline, term: Term, lastMs: number) {
  const { process, jobset, beganAtMs } = term;
  if (beganAtMs === null) return;
  const untilMs = Math.min(timeline.excusedFromMs(term), lastMs);
  if (untilMs < beganAtMs + FIRST_WITHIN_MS) return;
  const pauses = timeline.pausesOf(process);
  for (const { id, status } of configAt(world, jobset, beganAtMs).endpoints) {
    if (status !== 'enabled' || timeline.isEdited(id, 0, untilMs)) continue;
    const plan = timeline.plans.get(id);
    if (!plan) continue;
    const mostMs = mostApartMs(world, plan);
    const everyMs = Math.max(plan.everyMs, plan.failEveryMs);
    let sinceMs = beganAtMs + FIRST_WITHIN_MS;
    const asked = timeline
      .all('asked')
      .filter(
        one => one.process === process && one.id === id && one.atMs >= beganAtMs && one.atMs <= untilMs,
      );
    for (const atMs of [...asked.map(one => one.atMs), untilMs]) {
      const stoodMs = atMs - sinceMs - overlapMs(pauses, sinceMs, atMs);
      // A step of the clock puts the next tick off by an interval at most.
      if (stoodMs > mostMs + everyMs * timeline.steps(sinceMs, atMs))
        yield {
          atMs,
          message: `${process} did not check ${id} for ${(stoodMs / 1000).toFixed(1)} s, and nobody had taken its lease`,
        };
      sinceMs = atMs;
    }
  }
};

/** Whoever watches checks on, whatever the store, the clock, another endpoint or a target does. */
export const standstill: Invariant = {
  name: 'standstill',
  promises: [4, 14],
  broken: function* ({ world, observations }, timeline) {
    const lastMs = observations.at(-1)?.atMs ?? 0;
    for (const term of timeline.terms) yield* gaps(world, timeline, term, lastMs);
  },
};
