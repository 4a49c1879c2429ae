import { type Fact, noneOf } from '../scenario.ts';
import { byEndpoint, type Evidence, versionOf } from './evidence.ts';

/** Of one endpoint, in the order of versions: what does not follow from the one before. */
const breaksOf = (own: Evidence['history']): readonly string[] => {
  const inOrder = [...own].sort((one, other) => versionOf(one.id) - versionOf(other.id));
  return inOrder.flatMap((transition, at) => {
    const before = inOrder[at - 1];
    const version = versionOf(transition.id);
    if (version < at + 1) return [`version ${version} of ${transition.endpoint} is there twice`];
    if (version > at + 1) return [`${transition.id} is number ${at + 1} of its endpoint`];
    if (!before) return [];
    if (transition.at_ms < before.at_ms) return [`${transition.id} lies before ${before.id}`];
    if (transition.merged === 0 && transition.previous_state !== before.state)
      return [`${transition.id} was ${transition.previous_state}, ${before.id} is ${before.state}`];
    return [];
  });
};

/** Versions without hole or repetition, each from the state that the one before led to. */
export const eachFollows = ({ history }: Pick<Evidence, 'history'>): Fact => {
  const rules = byEndpoint(history);
  return noneOf(
    'no transition is lost, doubled or out of order',
    [...rules.values()].flatMap(breaksOf),
    `${history.length.toLocaleString('en-US')} transitions of ${rules.size} endpoints`,
  );
};
