import type { History } from '../ports/history.ts';
import type { LeaseStore } from '../ports/lease-store.ts';
import type { RuleStore } from '../ports/rule-store.ts';

export type StoreHealth = { reachable: boolean; failures: number };

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
        try {
          const answer = await call(...parameters);
          health.reachable = true;
          return answer;
        } catch (cause) {
          if (!isUnwanted(signal)) {
            if (health.reachable) onLost((cause as Error).message);
            health.reachable = false;
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
  const health: StoreHealth = { reachable: true, failures: 0 };
  return {
    store: watched(stores.store, health, onLost),
    leases: watched(stores.leases, health, onLost),
    history: watched(stores.history, health, onLost),
    health,
  };
};
