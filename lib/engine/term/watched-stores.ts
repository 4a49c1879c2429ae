import type { History } from '../ports/history.ts';
import type { LeaseStore } from '../ports/lease-store.ts';
import type { RuleStore } from '../ports/rule-store.ts';

type Kind = 'read' | 'write';

/** `failing`: kinds of calls of which the last one failed. On a full disk, reads go through and writes do not. */
export type StoreHealth = { readonly failing: Set<Kind>; failures: number };

const READS: ReadonlySet<string> = new Set([
  'load',
  'loadSpilled',
  'takeOver',
  'states',
  'read',
  'jobsets',
  'list',
]);

/** A call that nobody waits for any more says nothing of the store; one aborted for taking too long does. */
const isUnwanted = (signal: unknown): boolean =>
  signal instanceof AbortSignal && signal.aborted && (signal.reason as Error).name === 'AbortError';

/** The same calls, of which the last one's success and all failures are noted. */
const watched = <Calls extends object>(
  calls: Calls,
  health: StoreHealth,
  onLost: (why: string) => void,
): Calls =>
  Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [
      name,
      async (...parameters: readonly unknown[]) => {
        const signal = parameters.at(-1);
        const kind = READS.has(name) ? 'read' : 'write';
        try {
          const answer = await call(...parameters);
          if (health.failing.size > 0) health.failing.delete(kind);
          return answer;
        } catch (cause) {
          if (!isUnwanted(signal)) {
            if (health.failing.size === 0) onLost((cause as Error).message);
            health.failing.add(kind);
            health.failures++;
          }
          throw cause;
        }
      },
    ]),
  ) as Calls;

export type Stores = { readonly store: RuleStore; readonly leases: LeaseStore; readonly history: History };

/** `onLost` hears of the first call that fails after one that went through. */
export const watchStores = (
  stores: Stores,
  onLost: (why: string) => void,
): Stores & { readonly health: StoreHealth } => {
  const health: StoreHealth = { failing: new Set(), failures: 0 };
  return {
    store: watched(stores.store, health, onLost),
    leases: watched(stores.leases, health, onLost),
    history: watched(stores.history, health, onLost),
    health,
  };
};
