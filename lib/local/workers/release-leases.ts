import { ABANDONED_AT_MS, type LeaseStore } from '../../engine/ports/lease-store.ts';

/** Frees the leases of owners of whom it is known that they are dead. Does nothing where another has taken over. */
export const releaseLeases = async (
  leases: LeaseStore,
  jobsets: readonly string[],
  isDead: (owner: string) => boolean,
): Promise<void> => {
  const never = new AbortController().signal;
  const held = await leases.read(jobsets, never);
  const dead = [...held.values()].filter(
    ({ lease }) => lease.expiresAtMs > ABANDONED_AT_MS && isDead(lease.owner),
  );
  await Promise.all(
    dead.map(({ lease }) =>
      leases.renew(lease, { expiresAtMs: ABANDONED_AT_MS, watchedUntilMs: null }, never),
    ),
  );
};
