import type { EndpointId } from '../../domain/endpoint.ts';
import type { State } from '../../domain/transition.ts';
import { endpointDetailView, endpointView } from './endpoint-view.ts';
import { quoted } from './query.ts';
import { json, type Reply, refusal } from './reply.ts';
import type { Source } from './source.ts';

/** About half a millisecond of work. */
const ENDPOINTS_A_SLICE = 100;

async function* listSlices(source: Source, states: ReadonlySet<State>): AsyncGenerator<string> {
  let slice = '{"endpoints":[\n';
  let separator = '';
  let seen = 0;
  for await (const status of source.endpoints()) {
    if (states.has(status.state.state)) {
      slice += separator + JSON.stringify(endpointView(status));
      separator = ',\n';
    }
    if (++seen % ENDPOINTS_A_SLICE === 0) {
      yield slice;
      slice = '';
    }
  }
  yield `${slice}\n]}\n`;
}

export const endpointList = (source: Source, states: ReadonlySet<State>): Reply => ({
  kind: 'slices',
  contentType: 'application/json; charset=utf-8',
  slices: () => listSlices(source, states),
});

export const unknownEndpoint = (id: string): Reply =>
  refusal(404, `no endpoint has the id ${quoted(id)}. GET /api/endpoints lists them.`);

export const endpointDetail = async (source: Source, id: string): Promise<Reply> => {
  const status = await source.endpoint(id as EndpointId);
  return status === null ? unknownEndpoint(id) : json(200, endpointDetailView(status));
};
