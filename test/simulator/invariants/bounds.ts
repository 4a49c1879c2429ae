import type { TargetPlan } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import type { Timeline } from './timeline.ts';

/** Time of the engine runs by so much faster while it follows a clock that drifts. */
const SLEW_RATIO = 0.03;

const inFlight = function* (timeline: Timeline, most: number) {
  const asked = new Map<string, Set<string>>();
  for (const { kind, atMs, process, epoch, id } of timeline.inOrder('asked', 'answered')) {
    const key = `${process}/${epoch}`;
    const open = asked.get(key) ?? new Set();
    asked.set(key, open);
    if (kind === 'answered') open.delete(id);
    else if (open.has(id)) yield { atMs, message: `${process} asked ${id} twice at once` };
    else open.add(id);
    if (open.size > most) yield { atMs, message: `${process} has ${open.size} checks under way, of ${most}` };
  }
};

const rate = function* (timeline: Timeline, { name, maxPerSecond }: TargetPlan) {
  const places = Math.max(1, Math.floor(maxPerSecond));
  const windowMs = (places / maxPerSecond) * 1000 * (1 - SLEW_RATIO) - 1;
  const sent = new Map<string, number[]>();
  for (const { atMs, process, epoch, target } of timeline.all('sent')) {
    if (target !== name) continue;
    const times = sent.get(`${process}/${epoch}`) ?? [];
    sent.set(`${process}/${epoch}`, times);
    const before = times.at(-places);
    if (before !== undefined && atMs - before < windowMs && !timeline.isStepped(before, atMs))
      yield {
        atMs,
        message: `${process} sent ${places + 1} to ${name} within ${(atMs - before).toFixed(0)} ms`,
      };
    times.push(atMs);
  }
};

/** Checks under way and sends a second stay within what was given. */
export const bounds: Invariant = {
  name: 'bounds',
  promises: [8],
  broken: function* ({ world }, timeline) {
    yield* inFlight(timeline, world.maxInFlight);
    for (const target of world.targets) yield* rate(timeline, target);
  },
};
