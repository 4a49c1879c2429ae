import type { ExternalTransition } from '../../../lib/wording/external.ts';
import type { Arrival } from '../outside/receiver.ts';
import { type Fact, noneOf } from '../scenario.ts';
import { byEndpoint, type Evidence, versionOf } from './evidence.ts';

const wasAccepted = ({ status }: Arrival): boolean => status !== null && status < 300;

/** Where what a receiver was told is not what the history has; whether it was saved by then may change. */
const differences = (told: ExternalTransition, saved: ExternalTransition | undefined): string | null => {
  if (saved === undefined) return 'not in the history';
  const fields = Object.keys(told) as (keyof ExternalTransition)[];
  const other = fields.find(
    field => field !== 'saved' && JSON.stringify(told[field]) !== JSON.stringify(saved[field]),
  );
  return other === undefined
    ? null
    : `${other} was ${JSON.stringify(told[other])}, is ${JSON.stringify(saved[other])}`;
};

const announced = (own: readonly ExternalTransition[]): readonly ExternalTransition[] =>
  own.filter(({ suppressed }) => suppressed === null);

/** Of one endpoint at one target: those that came before an earlier one had been taken. */
const outOfOrder = (own: readonly ExternalTransition[], arrivals: readonly Arrival[]): readonly string[] => {
  const waiting = announced(own).map(({ id }) => id);
  const taken = new Set<string>();
  return arrivals.flatMap(arrival => {
    const next = waiting.find(id => !taken.has(id));
    if (wasAccepted(arrival)) taken.add(arrival.id);
    const isEarly = next !== undefined && versionOf(arrival.id) > versionOf(next);
    return isEarly ? [`${arrival.target} got ${arrival.id} before it had taken ${next}`] : [];
  });
};

/** Every announced transition of the history reaches every target, in the order of its endpoint, with the content that
 *  the history has, and no id with two contents. Repeats are allowed, and counted. */
export const eachArrives = (
  { history, arrivals }: Pick<Evidence, 'history' | 'arrivals'>,
  targetNames: readonly string[],
): readonly Fact[] => {
  const byTarget = Map.groupBy(arrivals, ({ target }) => target);
  const lacking: string[] = [];
  const disordered: string[] = [];
  let repeats = 0;
  for (const name of targetNames) {
    const own = byTarget.get(name) ?? [];
    const accepted = own.filter(wasAccepted).map(({ id }) => id);
    const taken = new Set(accepted);
    repeats += accepted.length - taken.size;
    for (const { id } of announced(history)) if (!taken.has(id)) lacking.push(`${id} at ${name}`);
    const ofEndpoint = Map.groupBy(own, ({ transition }): string => transition.endpoint);
    for (const [endpoint, transitions] of byEndpoint(history))
      disordered.push(...outOfOrder(transitions, ofEndpoint.get(endpoint) ?? []));
  }
  const saved = new Map(history.map(transition => [transition.id, transition]));
  const strange = new Set(
    arrivals.flatMap(({ id, transition }) => {
      const what = differences(transition, saved.get(id));
      return what === null ? [] : [`${id}: ${what}`];
    }),
  );
  const counted = `${announced(history).length.toLocaleString('en-US')} to ${targetNames.length} targets, ${repeats} repeats`;
  return [
    noneOf('every transition arrives at every target', lacking, counted),
    noneOf('in order for each endpoint and target', disordered, counted),
    noneOf(
      'what arrives is what was saved, one content an id',
      [...strange],
      `${arrivals.length.toLocaleString('en-US')} webhooks`,
    ),
  ];
};
