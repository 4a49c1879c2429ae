import type { RuleId } from '../../../lib/domain/rule.ts';
import { HISTORY } from '../../../lib/engine/ports/rule-store.ts';
import type { SeenAs } from '../observation.ts';
import type { Invariant } from './invariant.ts';
import type { Timeline } from './timeline.ts';

const keyOf = (id: string, target: string): string => `${id} to ${target}`;
const versionOf = (ruleId: RuleId, version: number, target: string): string =>
  keyOf(`${ruleId}#${version}`, target);

const nothingLost = function* (timeline: Timeline) {
  const given = new Set(timeline.all('received').map(({ transition: { id }, target }) => keyOf(id, target)));
  for (const { transitions } of timeline.all('written to history'))
    for (const { id } of transitions) given.add(keyOf(id, HISTORY));
  const told = new Set(timeline.all('told').map(({ transition }) => transition.id));
  for (const { atMs, epoch, outcome, repeated, transition, to } of timeline.all('save done')) {
    if (outcome !== 'saved' || repeated) continue;
    // It was saved, nobody heard so, and half a minute later it was delivered under the id that is its owner's alone.
    const ids = [transition.id, `${transition.id}-${epoch}`];
    for (const target of to)
      if (!ids.some(id => given.has(keyOf(id, target))))
        yield { atMs, message: `${transition.id} was saved, and never given to ${target}` };
    if (!ids.some(id => told.has(id)))
      yield { atMs, message: `${transition.id} was saved, and no log, metric or view heard of it` };
  }
};

const inOrder = function* (timeline: Timeline) {
  const saves = Map.groupBy(timeline.all('save done'), ({ transition }) => transition.ruleId);
  const last = new Map<string, number>();
  for (const { atMs, target, transition } of timeline.all('received')) {
    const key = keyOf(transition.ruleId, target);
    const before = last.get(key) ?? 0;
    if (transition.version <= before) continue;
    last.set(key, transition.version);
    for (const earlier of saves.get(transition.ruleId) ?? [])
      if (
        earlier.outcome === 'saved' &&
        earlier.transition.version > before &&
        earlier.transition.version < transition.version &&
        earlier.to.includes(target)
      )
        yield { atMs, message: `${target} got ${transition.id} before ${earlier.transition.id}` };
  }
};

/** Whoever sends again has not heard that it was taken, nor that the store knows. */
const againWithReason = function* (timeline: Timeline) {
  const acceptedIn = new Map<string, number>();
  for (const { process, epoch, target, transition, outcome, order } of timeline.all('delivered'))
    if (outcome.kind !== 'failed')
      acceptedIn.set(`${process}/${epoch} ${keyOf(transition.id, target)}`, order);
  const acknowledgedAtMs = new Map<string, number>();
  for (const { id, version, to, atMs } of timeline.all('acknowledged'))
    for (const target of to) acknowledgedAtMs.set(versionOf(id, version, target), atMs);
  const isKnown = ({ order, process, epoch, target, transition }: SeenAs<'sent'>): boolean => {
    const key = keyOf(transition.id, target);
    const begunAtMs = timeline.termOf(epoch)?.acquiredAtMs ?? 0;
    const own = acceptedIn.get(`${process}/${epoch} ${key}`) ?? Number.POSITIVE_INFINITY;
    const acknowledged = acknowledgedAtMs.get(versionOf(transition.ruleId, transition.version, target));
    return own < order || (acknowledged ?? Number.POSITIVE_INFINITY) < begunAtMs;
  };
  for (const sent of timeline.all('sent'))
    if (isKnown(sent))
      yield {
        atMs: sent.atMs,
        message: `${sent.transition.id} was sent to ${sent.target} again without need`,
      };
};

/** Nothing that is saved is lost: each target gets it at least once, in order per rule, and not again without need. */
export const deliveries: Invariant = {
  name: 'deliveries',
  promises: [3],
  broken: function* (_, timeline) {
    yield* nothingLost(timeline);
    yield* inOrder(timeline);
    yield* againWithReason(timeline);
  },
};
