import { randomUUID } from 'node:crypto';
import { type Config, watchedEndpoints } from '../../domain/config.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import { isSelf } from '../../domain/self.ts';
import { sumReadings } from '../../engine/measures/loop-reading.ts';
import type { Send } from '../../engine/ports/send.ts';
import { createHealth } from '../../engine/term/health.ts';
import { createWorker, type Worker } from '../../engine/term/worker.ts';
import { probeWith } from '../../probe/probes.ts';
import { askSelf } from '../../probe/self.ts';
import { createAssignments } from './assignments.ts';
import { dedupe } from './dedupe.ts';
import { firstTime } from './first-time.ts';
import type { FirstProcess, Happening, WorkerStats } from './messages.ts';
import { createPoolView } from './pool-view.ts';
import { releaseLeases } from './release-leases.ts';
import { keepReplacing } from './replace.ts';
import type { Runner, RunnerDeps } from './runner.ts';
import { checkOf } from './sent-status.ts';
import { withSharedRate } from './shared-rate.ts';
import { type News, startWorkerProcess, type WorkerProcess } from './worker-process.ts';
import { createWorkerStats } from './worker-stats.ts';

/** `self` alone, in the first process: there is one over all workers, and it outlives each. */
const SELF_JOBSET = 'local-self';
const LOOK_EVERY_MS = 1000;
/** Without a file that says so. */
const USUAL_RATE = 10;
/** The first worker waits no longer for the others. */
const OPENS_AFTER_MS = 10_000;

const selfIn = ({ endpoints, targets }: Config): Config => ({
  endpoints: endpoints.filter(isSelf),
  targets,
});

/** Transitions of which it is known that they were told: a worker that takes over from one that died tells again what that
 *  one may not have told. */
const TOLD_REMEMBERED = 10_000;

/** Runs the endpoints in several processes, which share them through leases. This one checks only `self`. */
export const createWorkerPool = (deps: RunnerDeps, first: Config, workers: number): Runner => {
  const { clock, random, observer, stores } = deps;
  const over = new AbortController();
  const assignments = createAssignments(clock, first, workers);
  const workerStats = createWorkerStats();
  const processes = new Set<WorkerProcess>();
  let config = first;
  let byId = new Map(config.endpoints.map(endpoint => [endpoint.id, endpoint]));
  let watched = watchedEndpoints(first).length;
  let begun = false;

  const isFirst = firstTime(TOLD_REMEMBERED);
  const problem = dedupe(clock, message => observer.onProblem(message));
  const send: Send = withSharedRate(clock, name => deps.target(name)?.maxPerSecond ?? USUAL_RATE, deps.send);

  const reading = () => {
    const all = sumReadings([workerStats.reading(), self.reading()]);
    const endpoints = watched;
    const { endpoints: run, unknown } = workerStats.reading();
    return {
      ...all,
      endpoints,
      unknown: Math.max(0, endpoints - run + unknown),
      stalled: all.stalled || assignments.isUnwatched(),
    };
  };
  const loopHealth = createHealth(clock);

  const ask = askSelf(() => ({ ...loopHealth.vitals(reading()), invalidFiles: deps.invalidFiles() }));
  const self: Worker = createWorker(
    {
      ...deps,
      ...stores,
      probe: probeWith({ ...deps.asks, self: ask }),
      send,
      observer: {
        ...observer,
        onBegin: () => tellBegun(),
        onEnd: () => {},
        onProblem: problem,
      },
      maxInFlight: 1,
      owner: randomUUID(),
      jobset: SELF_JOBSET,
      deadlineAtMs: null,
    },
    selfIn(first),
  );

  const tellBegun = (): void => {
    if (begun || !assignments.isRun()) return;
    begun = true;
    observer.onBegin();
  };

  const happened = (happening: Happening): void => {
    switch (happening.kind) {
      case 'transition':
        return isFirst(happening.transition.id) ? observer.onTransition(happening.transition) : undefined;
      case 'delivery':
        return observer.onDelivery(happening.report);
      case 'problem':
        return problem(happening.message);
      default:
        return happening satisfies never;
    }
  };

  const hear = (worker: WorkerProcess, stats: WorkerStats): void => {
    workerStats.heard(worker, stats);
    deps.countChecks(stats.checks);
    for (const { jobset, counted } of stats.ticks) assignments.counted(worker, jobset, counted);
  };

  const tellChecksTo = (worker: WorkerProcess): void =>
    void worker.calls.tellChecks(deps.live.followed()).catch(() => {});

  const onNews = (worker: WorkerProcess, news: News): void => {
    switch (news.kind) {
      case 'ready':
        tellChecksTo(worker);
        return assignments.join(worker);
      case 'begun':
        assignments.begun(worker, news.jobset);
        if (news.counted) assignments.counted(worker, news.jobset, news.counted);
        return tellBegun();
      case 'left':
        return assignments.left(worker, news.jobset, news.counted);
      case 'stats':
        return hear(worker, news.stats);
      case 'happened':
        return news.happenings.forEach(happened);
      case 'checked':
        for (const check of news.checks) {
          const endpoint = byId.get(check.id);
          if (endpoint) deps.live.observer.onCheck?.(checkOf(endpoint, check));
        }
        if (news.lostEvents > 0) deps.live.loseEvents(news.lostEvents);
        return;
      case 'over':
        return;
      default:
        return news satisfies never;
    }
  };

  /** One life of one worker process. `onReady` hears of it once it can run jobsets. */
  const runProcess = async (number: number, onReady: () => void) => {
    let wasReady = false;
    const firstProcess: FirstProcess = {
      ...stores,
      targets: { send },
      ticks: { before: jobset => assignments.before(jobset, worker) },
    };
    const worker = startWorkerProcess({ ...deps, first: firstProcess }, number, news => {
      if (news.kind === 'ready') wasReady = true;
      onNews(worker, news);
      if (news.kind === 'ready') onReady();
    });
    processes.add(worker);
    workerStats.join(worker);
    if (over.signal.aborted) void worker.end();
    const why = await worker.gone;
    processes.delete(worker);
    workerStats.leave(worker);
    onReady();
    if (!over.signal.aborted)
      await assignments.leave(worker, () =>
        releaseLeases(stores.leases, assignments.jobsets(), owner => owner === worker.owner).catch(() => {}),
      );
    return { why, wasReady };
  };

  const keepLooking = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, over.signal);
      workerStats.look(worker => worker.kill());
      loopHealth.status(reading());
    }
  };

  const view = createPoolView(clock, assignments);

  /** Resolves once each has either become ready or failed to. */
  const startAll = (keepers: Promise<void>[]): Promise<unknown> =>
    Promise.all(
      Array.from({ length: workers }, (_, index) => {
        const number = index + 1;
        return new Promise<void>(resolve => {
          const deps = { clock, random, signal: over.signal, onProblem: problem };
          keepers.push(keepReplacing(deps, number, () => runProcess(number, resolve)));
        });
      }),
    );

  return {
    run: async signal => {
      // No process of an earlier monitor lives: it would have the database open.
      await releaseLeases(stores.leases, [...assignments.jobsets(), SELF_JOBSET], () => true).catch(() => {});
      deps.live.onFollowed(() => processes.forEach(tellChecksTo));
      const keepers: Promise<void>[] = [];
      const started = new AbortController();
      void startAll(keepers).then(() => started.abort());
      void clock.sleep(OPENS_AFTER_MS, AbortSignal.any([started.signal, over.signal])).then(assignments.open);
      void keepLooking();
      const ownRun = self.run('insist', over.signal);
      await clock.sleep(Number.POSITIVE_INFINITY, signal);
      over.abort();
      await Promise.all(Array.from(processes, worker => worker.end()));
      await Promise.all([...keepers, ownRun]);
    },
    update: async next => {
      config = next;
      watched = watchedEndpoints(next).length;
      byId = new Map(next.endpoints.map(endpoint => [endpoint.id, endpoint]));
      await Promise.all([self.update(selfIn(next)), assignments.update(next)]);
    },
    status: () => loopHealth.status(reading()),
    endpoints: () => view.endpoints(watchedEndpoints(config)),
    endpoint: async id => {
      const endpoint = byId.get(id as EndpointId);
      if (!endpoint) return null;
      return isSelf(endpoint) ? self.endpoint(id) : view.endpoint(endpoint);
    },
    history: stores.history,
    workers: workerStats.usage,
  };
};
