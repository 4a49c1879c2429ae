import type { Config } from '../domain/config.ts';
import { LEASE_TTL_MS } from './keep-lease.ts';
import type { AcquiredLease } from './ports.ts';
import type { Duty } from './term.ts';
import { createWorker, type WorkerDeps } from './worker.ts';

export type SweepDeps = Omit<WorkerDeps, 'jobset' | 'deadlineAtMs'> & {
  /** The jobsets that should run. */
  readonly deployed: readonly string[];
  readonly configOf: (jobset: string) => Promise<Config>;
};

/** Jobsets, by what was found. */
export type Swept = {
  /** Nobody watches them. */
  readonly unheld: readonly string[];
  /** No deployment has them any more, and somebody still runs them or waits for their transitions. */
  readonly retired: readonly string[];
};

/** A schedule of one minute with up to one minute of slack, and then some. */
const UNHELD_AFTER_MS = 150_000;
const CARE: Duty & { readonly kind: 'care' } = { kind: 'care' };
const NOBODY: Config = { endpoints: [], targets: [] };

/** Looks after what no worker looks after: rules of a jobset that nobody watches become unknown, and transitions that
 *  a dead worker or a removed jobset left behind are delivered. */
export const sweep = async (deps: SweepDeps, signal: AbortSignal): Promise<Swept> => {
  const { clock, leases, store, deployed } = deps;

  const takeCareOf = async (jobset: string, config: Config): Promise<void> => {
    const deadlineAtMs = clock.nowMs() + LEASE_TTL_MS;
    await createWorker({ ...deps, jobset, deadlineAtMs }, config).runOnce('if-free', CARE, signal);
  };

  const isFree = ({ lease }: AcquiredLease): boolean => lease.expiresAtMs <= clock.nowMs();
  const isUnheld = (standing: AcquiredLease): boolean =>
    isFree(standing) && clock.nowMs() - (standing.watchedUntilMs ?? 0) > UNHELD_AFTER_MS;

  /** Resolves to whether something is left of it. */
  const retire = async (jobset: string, standing: AcquiredLease): Promise<boolean> => {
    if (!isFree(standing)) {
      await leases.requestHandOver(standing.lease, signal);
      return true;
    }
    await takeCareOf(jobset, NOBODY);
    const { others } = await store.takeOver(jobset, [], signal);
    if (others.values().some(({ pending }) => pending.length > 0)) return true;
    await leases.forget(jobset, signal);
    return false;
  };

  const wanted = new Set(deployed);
  const gone = (await leases.jobsets(signal)).filter(jobset => !wanted.has(jobset));
  const standing = await leases.read([...deployed, ...gone], signal);
  const unheld: string[] = [];
  const retired: string[] = [];
  for (const [jobset, lease] of standing) {
    if (!wanted.has(jobset)) {
      if (await retire(jobset, lease)) retired.push(jobset);
    } else if (isUnheld(lease)) {
      unheld.push(jobset);
      await takeCareOf(jobset, await deps.configOf(jobset));
    }
  }
  return { unheld, retired };
};
