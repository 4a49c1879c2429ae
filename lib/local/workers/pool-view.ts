import type { Clock } from '../../domain/clock.ts';
import type { Endpoint, EndpointId } from '../../domain/endpoint.ts';
import type { EndpointStatus } from '../../engine/measures/status.ts';
import { unwatchedStatus } from '../../engine/term/worker.ts';
import type { Assignments } from './assignments.ts';
import type { SentStatus } from './messages.ts';
import { statusOf } from './sent-status.ts';
import type { WorkerProcess } from './worker-process.ts';

/** About a millisecond of work for whoever is asked. */
const ASKED_AT_ONCE = 200;
const ANSWERS_WITHIN_MS = 2000;

/** What the API shows of endpoints, asked of those who run them. Of one that does not answer nothing is known. */
export const createPoolView = (clock: Clock, assignments: Assignments) => {
  const ask = async (
    process: WorkerProcess | null,
    ids: readonly EndpointId[],
  ): Promise<readonly SentStatus[]> => {
    if (process === null) return [];
    const tooLate = new AbortController();
    const cancel = clock.after(ANSWERS_WITHIN_MS, () => tooLate.abort());
    try {
      return await process.calls.statuses(ids, tooLate.signal);
    } catch {
      return [];
    } finally {
      cancel();
    }
  };

  const unknown = (endpoint: Endpoint): EndpointStatus => {
    const status = unwatchedStatus(endpoint);
    return { ...status, ticks: assignments.ticksOf(endpoint.id) ?? status.ticks };
  };

  const statuses = async (endpoints: readonly Endpoint[]): Promise<readonly EndpointStatus[]> => {
    const byRunner = Map.groupBy(endpoints, ({ id }) => assignments.runnerOf(id));
    const answers = await Promise.all(
      Array.from(byRunner, ([process, some]) =>
        ask(
          process,
          some.map(({ id }) => id),
        ),
      ),
    );
    const known = new Map(answers.flat().map(status => [status.id, status]));
    return endpoints.map(endpoint => {
      const sent = known.get(endpoint.id);
      return sent ? statusOf(endpoint, sent) : unknown(endpoint);
    });
  };

  return {
    endpoint: async (endpoint: Endpoint): Promise<EndpointStatus> =>
      (await statuses([endpoint]))[0] ?? unknown(endpoint),
    endpoints: async function* (endpoints: readonly Endpoint[]): AsyncGenerator<EndpointStatus> {
      for (let at = 0; at < endpoints.length; at += ASKED_AT_ONCE)
        yield* await statuses(endpoints.slice(at, at + ASKED_AT_ONCE));
    },
  };
};
