import type { Transition } from '../../../lib/domain/transition.ts';
import type { History } from '../../../lib/engine/ports/history.ts';
import type { LeaseStore } from '../../../lib/engine/ports/lease-store.ts';
import { eachCounters } from '../../../lib/engine/ports/rule-counters.ts';
import type { RuleStore } from '../../../lib/engine/ports/rule-store.ts';
import type { See, Under } from '../observation.ts';
import { createSimulatedLeases } from './leases.ts';
import type { Call } from './network.ts';
import { createSimulatedRules } from './rules.ts';

/** All that is kept, where nothing is ever lost. */
export const createDisk = (incarnation: string | null) => ({
  rules: createSimulatedRules(),
  leases: createSimulatedLeases(incarnation),
  history: new Map<string, Transition>(),
});

export type Disk = ReturnType<typeof createDisk>;

export type Ports = { readonly store: RuleStore; readonly leases: LeaseStore; readonly history: History };

type PortsDeps = {
  readonly disk: Disk;
  readonly call: Call;
  readonly see: See;
  /** True time, and what the process takes for it. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** The process that calls, under the epoch that it has. */
  readonly under: () => Under;
  /** It heard that it has the lease under this epoch. */
  readonly onAcquired: (epoch: number) => void;
};

const rulePorts = ({ disk: { rules }, call, see, nowMs, under }: PortsDeps): RuleStore => ({
  load: (jobset, ids, signal) => call('load', () => rules.load(jobset, ids), signal),
  loadSpilled: (id, after, signal) => call('load more', () => rules.loadSpilled(id, after), signal),
  takeOver: (jobset, ids, signal) => call('take over', () => rules.takeOver(jobset, ids), signal),
  states: (ids, signal) => call('states', () => rules.states(ids), signal),
  save: (holder, state, pending, signal) => {
    const { transition, to } = pending;
    const by = { ...under(), epoch: holder.epoch };
    see({ ...by, kind: 'save issued', transition });
    return call(
      'save',
      () => {
        const repeated = rules.saved(transition.ruleId)?.version === state.version;
        const outcome = rules.save(holder, state, pending);
        see({ ...by, kind: 'save done', outcome, repeated, state, transition, to });
        return outcome;
      },
      signal,
    );
  },
  acknowledge: (epoch, id, version, to, signal) => {
    const by = { ...under(), epoch };
    return call(
      'acknowledge',
      () => {
        const outcome = rules.acknowledge(epoch, id, version, to);
        if (outcome === 'saved') see({ ...by, kind: 'acknowledged', id, version, to });
        return outcome;
      },
      signal,
    );
  },
  checkpoint: (holder, counters, signal) => {
    const by = { ...under(), epoch: holder.epoch };
    const issuedAtMs = nowMs();
    const ids = new Set(Array.from(eachCounters(counters), ([id]) => id));
    // Collected again and again in the same memory.
    const kept = { ...counters, numbers: counters.numbers.slice() };
    return call(
      'checkpoint',
      () => {
        const outcome = rules.checkpoint(holder, kept);
        if (outcome === 'saved') see({ ...by, kind: 'checkpoint', ids, issuedAtMs });
        return outcome;
      },
      signal,
    );
  },
});

const leasePorts = ({
  disk: { leases },
  call,
  see,
  nowMs,
  wallMs,
  under,
  onAcquired,
}: PortsDeps): LeaseStore => {
  /** Of a clock that was set since, it is not known better. */
  const inTrueTime = (ms: number): number => Math.min(nowMs(), nowMs() + ms - wallMs());
  return {
    acquire: async (wanted, nowMs, signal) => {
      const answer = await call(
        'acquire',
        () => {
          const acquired = leases.acquire(wanted, nowMs);
          if (acquired.kind === 'acquired') {
            const { watchedUntilMs, lease } = acquired;
            see({
              ...under(),
              jobset: lease.jobset,
              epoch: lease.epoch,
              kind: 'acquired',
              watchedUntilMs,
              nowMs,
            });
          }
          return acquired;
        },
        signal,
      );
      if (answer.kind === 'acquired') onAcquired(answer.lease.epoch);
      return answer;
    },
    renew: (lease, to, signal) => {
      const by = { ...under(), jobset: lease.jobset, epoch: lease.epoch };
      const watchedUntilMs = to.watchedUntilMs === null ? null : inTrueTime(to.watchedUntilMs);
      return call(
        'renew',
        () => {
          const renewal = leases.renew(lease, to);
          if (renewal.kind === 'renewed') see({ ...by, kind: 'renewed', watchedUntilMs });
          else see({ ...by, kind: 'renewal refused' });
          return renewal;
        },
        signal,
      );
    },
    requestHandOver: (lease, signal) =>
      call(
        'hand over',
        () => {
          see({ kind: 'hand-over asked', jobset: lease.jobset, epoch: lease.epoch });
          leases.requestHandOver(lease);
        },
        signal,
      ),
    release: (lease, untilMs, signal) => {
      const by = { ...under(), jobset: lease.jobset, epoch: lease.epoch };
      const watchedUntilMs = untilMs === null ? null : inTrueTime(untilMs);
      return call(
        'release',
        () => {
          leases.release(lease, untilMs);
          see({ ...by, kind: 'released', watchedUntilMs });
        },
        signal,
      );
    },
    read: (jobsets, signal) => call('read leases', () => leases.read(jobsets), signal),
    announce: (jobset, nowMs, signal) => call('announce', () => leases.announce(jobset, nowMs), signal),
    jobsets: signal => call('jobsets', () => leases.jobsets(), signal),
    forget: (jobset, signal) => call('forget', () => leases.forget(jobset), signal),
  };
};

const historyPort = ({ disk: { history }, call, see, under }: PortsDeps): History => ({
  append: (transitions, signal) => {
    const by = under();
    return call(
      'append',
      () => {
        see({ ...by, kind: 'written to history', transitions });
        for (const transition of transitions) history.set(transition.id, transition);
      },
      signal,
    );
  },
  list: async () => {
    throw new Error('no worker lists the history');
  },
});

/** The engine's ports of one process, over a way that loses and delays. */
export const portsOf = (deps: PortsDeps): Ports => ({
  store: rulePorts(deps),
  leases: leasePorts(deps),
  history: historyPort(deps),
});
