import type { Clock } from '../../domain/clock.ts';
import type { Ruled, RuleId } from '../../domain/rule.ts';
import type { RuleStore } from '../ports/rule-store.ts';

/** A read of DynamoDB for each rule that is named: 6 cents a month at this rate. */
const READ_EVERY_MS = 5000;

export type RemoteDependenciesDeps = {
  readonly clock: Clock;
  readonly store: RuleStore;
  readonly signal: AbortSignal;
};

/** What `depends_on` names and another jobset runs: its state as the store last had it. */
export const createRemoteDependencies = ({ clock, store, signal }: RemoteDependenciesDeps) => {
  let ids: readonly RuleId[] = [];
  let failing: ReadonlySet<RuleId> = new Set();

  const read = async (): Promise<void> => {
    if (ids.length === 0) return;
    const states = await store.states(ids, signal);
    failing = new Set(ids.filter(id => states.get(id) === 'fail'));
  };

  return {
    fails: (id: RuleId): boolean => failing.has(id),
    /** Reads what these endpoints depend on and are not themselves. Rejects when the store cannot be read. */
    follow: async (rules: Iterable<Ruled>, isOwn: (id: RuleId) => boolean): Promise<void> => {
      const named = new Set<RuleId>();
      for (const { rule } of rules) for (const id of rule.dependsOn) if (!isOwn(id)) named.add(id);
      ids = [...named];
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
