import type { Clock } from '../domain/clock.ts';
import type { Endpoint, EndpointId } from '../domain/endpoint.ts';
import type { RuleStore } from './ports.ts';

/** A read of DynamoDB per jobset and period: at this one it costs 7 cents a month. */
const READ_EVERY_MS = 5000;

export type ForeignRulesDeps = {
  readonly clock: Clock;
  readonly store: RuleStore;
  readonly jobset: string;
  readonly signal: AbortSignal;
};

/** What `depends_on` names and another jobset runs: its state as the store last had it. */
export const createForeignRules = ({ clock, store, jobset, signal }: ForeignRulesDeps) => {
  let ids: readonly EndpointId[] = [];
  let failing: ReadonlySet<EndpointId> = new Set();

  const read = async (): Promise<void> => {
    if (ids.length === 0) return;
    const rules = await store.load(jobset, ids, signal);
    failing = new Set(ids.filter(id => rules.get(id)?.state.state === 'fail'));
  };

  return {
    fails: (id: EndpointId): boolean => failing.has(id),
    /** Reads what these endpoints depend on and are not themselves. Rejects when the store cannot be read. */
    follow: async (endpoints: ReadonlyMap<EndpointId, Endpoint>): Promise<void> => {
      const named = endpoints.values().flatMap(({ rule }) => rule.dependsOn);
      ids = [...new Set(named.filter(id => !endpoints.has(id)))];
      await read();
    },
    /** Reads them again and again, until the signal aborts; what cannot be read stays as it was. */
    keepReading: async (): Promise<void> => {
      while (!signal.aborted) {
        await clock.sleep(READ_EVERY_MS, signal);
        if (!signal.aborted) await read().catch(() => {});
      }
    },
  };
};
