import type { Config } from '../../domain/config.ts';
import type { Lease } from '../../domain/lease.ts';
import { LEASE_TTL_MS } from './keep-lease.ts';
import type { Mode } from './mode.ts';
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
const DRAIN: Mode & { readonly kind: 'drain' } = { kind: 'drain' };
const NOBODY: Config = { endpoints: [], targets: [] };

/** Looks after what no worker looks after: rules of a jobset that nobody watches become unknown, and transitions that
 *  a dead worker or a removed jobset left behind are delivered. */
export const sweep = async (deps: SweepDeps, signal: AbortSignal): Promise<Swept> => {
  const { clock, leases, store, deployed } = deps;

  const takeCareOf = async (jobset: string, config: Config): Promise<void> => {
    const deadlineAtMs = clock.nowMs() + LEASE_TTL_MS;
    await createWorker({ ...deps, jobset, deadlineAtMs }, config).runOnce('if-free', DRAIN, signal);
  };

  const isFree = ({ expiresAtMs }: Lease): boolean => expiresAtMs <= clock.nowMs();

  /** Resolves to whether something is left of it. */
  const retire = async (jobset: string, lease: Lease): Promise<boolean> => {
    if (!isFree(lease)) {
      await leases.requestHandOver(lease, signal);
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
  const leasesFound = await leases.read([...deployed, ...gone], signal);
  const unheld: string[] = [];
  const retired: string[] = [];
  for (const jobset of deployed)
    if (!leasesFound.has(jobset)) await leases.announce(jobset, clock.nowMs(), signal);
  for (const [jobset, { lease, unwatchedSinceMs }] of leasesFound) {
    if (!wanted.has(jobset)) {
      if (await retire(jobset, lease)) retired.push(jobset);
    } else if (isFree(lease) && clock.nowMs() - unwatchedSinceMs > UNHELD_AFTER_MS) {
      unheld.push(jobset);
      await takeCareOf(jobset, await deps.configOf(jobset));
    }
  }
  return { unheld, retired };
};
