import type { Endpoint } from '../../domain/endpoint.ts';
import type { Jobset } from '../../domain/jobset.ts';
import { type LoopReading, sumReadings, totalsOf } from '../../engine/measures/loop-reading.ts';
import { createWorker, type Worker, type WorkerDeps } from '../../engine/term/worker.ts';
import { fitHeapTo } from '../../process/steady-heap.ts';
import { embeddedStore } from '../store/embedded-store.ts';
import type {
  FirstProcess,
  FromWorker,
  SentStatus,
  SentTicks,
  WorkerCalls,
  WorkerStats,
} from './messages.ts';
import type { Reporter } from './reporter.ts';
import { sentStatus } from './sent-status.ts';
import { createTicksSender } from './sent-ticks.ts';
import { shareOfChecks } from './share-of-checks.ts';

export type RunJobsetsDeps = Pick<WorkerDeps, 'clock' | 'random' | 'probe' | 'owner' | 'release'> & {
  readonly first: FirstProcess;
  readonly reporter: Reporter;
  readonly post: (message: FromWorker) => void;
  /** Checks under way at once in this process. */
  readonly mostAtOnce: number;
};

type Running = {
  readonly worker: Worker;
  readonly stop: () => void;
  /** Resolves when it runs no more, and the lease is free. */
  readonly ended: Promise<void>;
  readonly sendTicks: ReturnType<typeof createTicksSender>;
  readonly share: number;
  endpoints: readonly Endpoint[];
  begun: boolean;
};

const ticksNow = ({ worker, sendTicks }: Running): SentTicks | null => {
  const counted = worker.ticks();
  return counted && sendTicks(counted);
};

/** The jobsets that this process is told to run, each a worker of its own with a lease of its own. */
export const createJobsets = (deps: RunJobsetsDeps) => {
  const { first, reporter, post } = deps;
  const running = new Map<string, Running>();
  /** Totals of those that it runs no more. */
  let before: LoopReading = sumReadings([]);

  const start = ({ id, config }: Jobset): void => {
    const over = new AbortController();
    const share = shareOfChecks(
      deps.mostAtOnce,
      Array.from(running.values(), each => each.share),
    );
    const worker = createWorker(
      {
        ...deps,
        ...first,
        send: first.targets.send,
        countedBefore: () => first.ticks.before(id).catch(() => null),
        maxInFlight: share,
        jobset: id,
        deadlineAtMs: null,
        ...embeddedStore,
        observer: {
          ...reporter.observer,
          onBegin: () => {
            one.begun = true;
            post({ kind: 'begun', jobset: id, counted: ticksNow(one) });
          },
          onEnd: () => {
            one.begun = false;
          },
        },
      },
      config,
    );
    const run = async (): Promise<void> => {
      await worker.run('insist', over.signal);
      before = totalsOf(sumReadings([before, worker.reading()]));
      running.delete(id);
      reporter.flush();
      post({ kind: 'left', jobset: id, counted: worker.ticks() });
    };
    const one: Running = {
      worker,
      stop: () => over.abort(),
      ended: Promise.resolve().then(run),
      sendTicks: createTicksSender(),
      share,
      endpoints: config.endpoints,
      begun: false,
    };
    running.set(id, one);
  };

  const statusIn = (id: string): SentStatus | null => {
    for (const { worker, begun } of running.values()) {
      const status = begun ? worker.endpoint(id) : null;
      if (status) return sentStatus(status);
    }
    return null;
  };

  const calls: WorkerCalls = {
    run: async jobset => {
      const known = running.get(jobset.id);
      if (known) known.endpoints = jobset.config.endpoints;
      else start(jobset);
      fitHeapTo(Array.from(running.values()).flatMap(({ endpoints }) => endpoints));
      await known?.worker.update(jobset.config);
    },
    leave: async jobset => running.get(jobset)?.stop(),
    statuses: async ids => ids.map(statusIn).filter(status => status !== null),
    tellChecks: async of => reporter.follow(of),
  };

  return {
    calls,
    stats: (): Omit<WorkerStats, 'cpuS' | 'residentBytes'> => {
      const readings = Array.from(running.values(), ({ worker, begun }) =>
        begun ? worker.reading() : totalsOf(worker.reading()),
      );
      return {
        reading: sumReadings([before, ...readings]),
        checks: reporter.takeCounts(),
        ticks: [...running].flatMap(([jobset, one]) => {
          const counted = one.begun ? ticksNow(one) : null;
          return counted ? [{ jobset, counted }] : [];
        }),
      };
    },
    /** Ends all in peace. */
    end: async (): Promise<void> => {
      for (const { stop } of running.values()) stop();
      await Promise.all(Array.from(running.values(), ({ ended }) => ended));
    },
  };
};
