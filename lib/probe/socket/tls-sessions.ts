import type { Clock } from '../../domain/clock.ts';
import type { Session } from './secure-socket.ts';

type Kept = { readonly session: Session; readonly atMs: number };

/** A resumed session does not see that the certificate was renewed: so old, it makes room for a whole handshake. So does
 *  one whose certificate has expired. */
const MAX_SESSION_AGE_MS = 600_000;

/** Last session of each check, so that its next connection saves most of the handshake. */
export const createTlsSessions = <Check extends object>(clock: Clock) => {
  const keptOf = new WeakMap<Check, Kept>();
  return {
    of: (check: Check): Session | null => {
      const kept = keptOf.get(check);
      if (kept === undefined || clock.monotonicMs() - kept.atMs >= MAX_SESSION_AGE_MS) return null;
      const { certExpiresAtMs } = kept.session;
      return certExpiresAtMs === null || certExpiresAtMs > clock.nowMs() ? kept.session : null;
    },
    keeper:
      (check: Check) =>
      (session: Session): void => {
        keptOf.set(check, { session, atMs: clock.monotonicMs() });
      },
  };
};
