import type { Clock } from '../../domain/clock.ts';
import { endpointDetail, endpointList, unknownEndpoint } from './endpoints.ts';
import { createEventStreams } from './event-stream.ts';
import { health } from './health.ts';
import { type LiveEvents, liveKinds } from './live.ts';
import type { Metrics } from './metrics.ts';
import { endpointId, type Parameters, quoted, readQuery, someOf, type Values, wholeNumber } from './query.ts';
import { type Reply, refusal } from './reply.ts';
import type { Source } from './source.ts';
import { before, createTransitionList } from './transitions.ts';

type Request = {
  /** As sent: path and query. */
  readonly target: string;
  readonly method: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
};

type Route = {
  readonly path: RegExp;
  readonly answer: (query: URLSearchParams, asked: Asked) => Reply | Promise<Reply>;
};

/** `id`: what stands in the path's place for one. */
type Asked = { readonly id: string; readonly signal: AbortSignal };

const withQuery =
  <P extends Parameters>(
    parameters: P,
    answer: (values: Values<P>, asked: Asked) => Reply | Promise<Reply>,
  ): Route['answer'] =>
  (query, asked) => {
    const read = readQuery(query, parameters);
    return read.kind === 'invalid' ? refusal(400, read.message) : answer(read.values, asked);
  };

const PATHS = '/health, /api/endpoints, /api/endpoints/{id}, /api/transitions, /api/events and /metrics';
const LONGEST_TARGET = 2048;

export type RouteDeps = {
  readonly source: Source;
  readonly live: LiveEvents;
  readonly metrics: Metrics;
  readonly clock: Clock;
};

const createRoutes = (deps: RouteDeps): readonly Route[] => {
  const { source, metrics } = deps;
  const transitions = createTransitionList(deps);
  const events = createEventStreams(deps);

  return [
    { path: /^\/health$/, answer: withQuery({}, () => health(source)) },
    {
      path: /^\/api\/endpoints$/,
      answer: withQuery({ state: someOf(['ok', 'fail', 'unknown']) }, ({ state }) =>
        endpointList(source, state),
      ),
    },
    {
      path: /^\/api\/endpoints\/([^/]+)$/,
      answer: withQuery({}, (_, { id }) => endpointDetail(source, id)),
    },
    {
      path: /^\/api\/transitions$/,
      answer: withQuery(
        { endpoint: endpointId, before, limit: wholeNumber(1, 1000, 100) },
        (query, { signal }) => transitions(query, signal),
      ),
    },
    {
      path: /^\/api\/events$/,
      answer: withQuery({ endpoint: endpointId, kind: someOf(liveKinds) }, async ({ endpoint, kind }) =>
        endpoint !== null && (await source.endpoint(endpoint)) === null
          ? unknownEndpoint(endpoint)
          : events({ endpoint, kinds: kind }),
      ),
    },
    { path: /^\/metrics$/, answer: withQuery({}, () => metrics.reply(source)) },
  ];
};

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** From a request to what is answered. Rejects on a bug only. */
export const createRouter = (deps: RouteDeps) => {
  const routes = createRoutes(deps);
  return async ({ target, method, signal }: Request): Promise<Reply> => {
    if (target.length > LONGEST_TARGET)
      return refusal(414, `the address is longer than ${LONGEST_TARGET} characters. Shorten it.`);
    const [path = ''] = target.split('?', 1);
    const query = target.slice(path.length + 1);
    for (const route of routes) {
      const match = route.path.exec(path);
      if (match === null) continue;
      if (method !== 'GET' && method !== 'HEAD')
        return refusal(405, `${method} is not possible here. Use GET.`, { allow: 'GET, HEAD' });
      const id = decoded(match[1] ?? '');
      if (id === null) return refusal(400, `${quoted(path)} has a broken %-escape. Correct it.`);
      return route.answer(new URLSearchParams(query), { id, signal });
    }
    return refusal(404, `there is nothing at ${quoted(path)}. There are ${PATHS}.`);
  };
};
