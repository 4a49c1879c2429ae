import type { RuleId } from '../../../lib/domain/rule.ts';
import type { Transition } from '../../../lib/domain/transition.ts';
import type { Invariant } from './invariant.ts';
import type { Timeline } from './timeline.ts';

const contentOf = ({ kind, state, previousState, atMs, sinceMs, reason }: Transition): string =>
  [kind, state, previousState, atMs, sinceMs, reason].join(' ');

/** Each change of state is one transition: what follows another one of its rule enters another state, unless it repeats
 *  what was told before or was withheld. */
const follows = (before: Transition | undefined, next: Transition): string | null => {
  if (next.version - next.merged !== (before?.version ?? 0) + 1)
    return `it follows version ${before?.version ?? 0}`;
  if (!next.id.startsWith(`${next.ruleId}#${next.version}`)) return 'its id is not that of its version';
  if (!before || next.merged > 0) return null;
  const repeats = next.state === before.state;
  if (!repeats && next.previousState !== before.state)
    return `it comes from ${next.previousState}, not ${before.state}`;
  if (repeats && next.kind !== 'reminder' && before.suppressed === null)
    return `${before.id} says the same: ${before.state}`;
  return null;
};

const savedInOrder = function* (timeline: Timeline) {
  const last = new Map<RuleId, Transition>();
  for (const { atMs, outcome, repeated, transition } of timeline.all('save done')) {
    if (outcome !== 'saved' || repeated) continue;
    const wrong = follows(last.get(transition.ruleId), transition);
    if (wrong) yield { atMs, message: `${transition.id} was saved, but ${wrong}` };
    last.set(transition.ruleId, transition);
  }
};

const oneContentAnId = function* (timeline: Timeline) {
  const contents = new Map<string, { readonly transition: Transition; readonly where: string }>();
  const differs = (where: string, transition: Transition): string | null => {
    const known = contents.get(transition.id);
    if (!known) contents.set(transition.id, { transition, where });
    if (!known || known.transition === transition) return null;
    if (contentOf(known.transition) === contentOf(transition)) return null;
    return `${transition.id} ${where} as ${transition.kind}, and ${known.where} as ${known.transition.kind}: two changes under one id`;
  };
  const saved = new Set<string>();
  for (const seen of timeline.inOrder('save done', 'told', 'received')) {
    if (seen.kind === 'save done' && seen.outcome !== 'saved') continue;
    const { kind, atMs, transition } = seen;
    const where = kind === 'save done' ? 'was saved' : `was ${kind}`;
    if (kind === 'save done') saved.add(transition.id);
    else if (transition.saved && !saved.has(transition.id))
      yield { atMs, message: `${transition.id} ${where} before it was saved` };
    const wrong = differs(where, transition);
    if (wrong) yield { atMs, message: wrong };
  }
  for (const { atMs, transitions } of timeline.all('written to history'))
    for (const transition of transitions) {
      const wrong = differs('was written to the history', transition);
      if (wrong) yield { atMs, message: wrong };
    }
};

/** One change of state is one id, and one id one change, wherever it is seen. */
export const identities: Invariant = {
  name: 'identities',
  promises: [2],
  broken: function* (_, timeline) {
    yield* savedInOrder(timeline);
    yield* oneContentAnId(timeline);
  },
};
