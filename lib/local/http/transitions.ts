import type { Clock } from '../../domain/clock.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import type { Transition } from '../../domain/transition.ts';
import type { TransitionQuery } from '../../engine/ports/history.ts';
import { externalTransition } from '../../wording/external.ts';
import type { Parameter } from './query.ts';
import { json, type Reply, refusal } from './reply.ts';
import type { Source } from './source.ts';

const STORE_ANSWERS_WITHIN_MS = 5000;
/** The engine needs the store more than a reader does. */
const MOST_QUERIES_AT_ONCE = 4;

/** A place in the history that needs no escaping in a URL: `<at ms>~<transition id>`, with `~` for its `#`. */
const cursorOf = ({ atMs, id }: Transition): string => `${atMs}~${id.replace('#', '~')}`;

const BEFORE = /^(\d{1,14}(?:\.\d{1,9})?)(?:~([a-z0-9-]{1,512})~(\d{1,12}(?:-[0-9a-z]{1,16}){0,2}))?$/;
export const before: Parameter<TransitionQuery['before']> = {
  parse: text => {
    const [, atMs, ruleId, version] = BEFORE.exec(text) ?? [];
    if (atMs === undefined) return undefined;
    return ruleId === undefined ? atMs : `${atMs}#${ruleId}#${version}`;
  },
  expected: 'an instant in ms since 1970 or the "next" of an earlier answer',
  absent: null,
};

export const createTransitionList = ({
  source,
  clock,
}: {
  readonly source: Source;
  readonly clock: Clock;
}) => {
  let queries = 0;
  return async (
    query: { readonly endpoint: EndpointId | null; readonly before: string | null; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Reply> => {
    if (queries >= MOST_QUERIES_AT_ONCE)
      return refusal(503, 'too many queries of the history at once. Try again in a second.', {
        'retry-after': '1',
      });
    queries++;
    const tooLate = new AbortController();
    const cancel = clock.after(STORE_ANSWERS_WITHIN_MS, () => tooLate.abort());
    try {
      const transitions = await source.history.list(query, AbortSignal.any([signal, tooLate.signal]));
      const last = transitions.length === query.limit ? transitions.at(-1) : undefined;
      return json(200, {
        transitions: transitions.map(externalTransition),
        next: last === undefined ? null : cursorOf(last),
      });
    } catch {
      return refusal(503, 'the store does not answer. GET /health says when it does again.', {
        'retry-after': '5',
      });
    } finally {
      cancel();
      queries--;
    }
  };
};
