import { type Loaded, loadFolder } from '../config/load-folder.ts';
import type { Clock } from '../domain/clock.ts';
import { watchedEndpoints } from '../domain/config.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import type { Target } from '../domain/target.ts';
import type { Observer } from '../engine/events/observer.ts';
import { tellAll } from '../engine/events/tell-all.ts';
import type { Stores } from '../engine/term/watched-stores.ts';
import { createProbes } from '../probe/probes.ts';
import { connectionsKept } from '../process/open-files.ts';
import { fitHeapTo } from '../process/steady-heap.ts';
import { createLiveEvents } from './http/live.ts';
import { createMetrics } from './http/metrics.ts';
import { startHttpServer } from './http/server.ts';
import type { Log } from './log/log.ts';
import type { Phase } from './phase.ts';
import { missingSecrets } from './secrets.ts';
import { type Housekeeping, openStoreThread } from './store/store-thread.ts';
import { createSend } from './targets/create-send.ts';
import type { ServiceSenders } from './targets/print.ts';
import { watchFolder } from './watch-folder.ts';
import { createSingleProcess, LOCAL_JOBSET } from './workers/single-process.ts';
import { createWorkerPool } from './workers/worker-pool.ts';

export type MonitorOptions = {
  readonly endpoints: string;
  readonly host: string;
  readonly port: number;
  readonly data: string;
  /** Processes that share the endpoints; 1: this one alone. */
  readonly workers: number;
};

export type MonitorDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: { readonly [variable: string]: string | undefined };
  readonly readSecret: ReadSecret;
  /** What stands for the AWS services. */
  readonly services: ServiceSenders;
  /** Region of AWS; null where there is none. */
  readonly region: string | null;
  readonly version: string;
  /** Ends the monitor. */
  readonly signal: AbortSignal;
  /** Told at the beginning of each but the first. */
  readonly onPhase: (phase: Phase) => void;
};

/** Why it does not start: lines for a person. */
export type Refused = { readonly kind: 'refused'; readonly lines: readonly string[] };

const CLEAN_EVERY_MS = 3_600_000;

const refused = (...lines: readonly string[]): Refused => ({ kind: 'refused', lines });

const load = async (folder: string, { log, readSecret }: MonitorDeps): Promise<Loaded | Refused> => {
  const loaded = await loadFolder(folder);
  if (loaded.kind === 'no-folder')
    return refused(`${loaded.message}. Make it, or name another one: --endpoints DIR.`);
  for (const problem of loaded.problems) log.problem(problem);
  if (watchedEndpoints(loaded.config).length === 0)
    return refused(`no endpoint is defined in ${folder}. Add one: docs/endpoint-format.md says how.`);
  const missing = missingSecrets(loaded.config, readSecret);
  return missing.length > 0 ? refused(...missing.map(({ message }) => message)) : loaded;
};

const keepClean = async (housekeeping: Housekeeping, { clock, signal }: MonitorDeps): Promise<void> => {
  while (!signal.aborted) {
    await housekeeping.removeExpired().catch(() => 0);
    await clock.sleep(CLEAN_EVERY_MS, signal);
  }
};

/** The engine, its HTTP API and the watch over the folder, on a database that is open. */
const runOn = async (
  stores: Stores & { readonly housekeeping: Housekeeping },
  first: Loaded,
  options: MonitorOptions,
  deps: MonitorDeps,
): Promise<Refused | { readonly kind: 'ended' }> => {
  const { clock, log, version, signal } = deps;
  let loaded = first;
  const live = createLiveEvents();
  const metrics = createMetrics();
  const begun = new AbortController();
  const onBegin: Observer = { onBegin: () => begun.abort() };
  const observer = tellAll([log.observer, live.observer, metrics.observer, onBegin]);

  const probes = createProbes({ ...deps, environment: deps.env, maxKept: connectionsKept() });
  const targetsIn = ({ config }: Loaded) =>
    new Map<string, Target>(config.targets.map(one => [one.name, one]));
  let targets = targetsIn(first);
  const target = (name: string): Target | undefined => targets.get(name);
  const runner = (options.workers === 1 ? createSingleProcess : createWorkerPool)(
    {
      clock,
      random: Math.random,
      release: version,
      stores,
      env: deps.env,
      asks: probes.asks,
      send: createSend({ ...deps, targetNamed: target }),
      target,
      observer,
      live,
      countChecks: metrics.countChecks,
      invalidFiles: () => loaded.invalidFiles,
    },
    first.config,
    options.workers,
  );

  const source = { version, ...runner };
  const server = await startHttpServer({ ...options, source, live, metrics, clock, onProblem: log.problem });
  if (server.kind !== 'listening') {
    probes.close();
    return refused(
      server.kind === 'failed'
        ? server.error
        : `port ${options.port} of ${options.host} is in use. Stop what listens there, or name another one: --port PORT, 0 for any.`,
    );
  }

  fitHeapTo(watchedEndpoints(first.config));
  const loadedCounts = () => ({
    endpoints: watchedEndpoints(loaded.config).length,
    targets: loaded.config.targets.length,
    invalidFiles: loaded.invalidFiles.length,
  });

  const reload = async (): Promise<void> => {
    const next = await loadFolder(options.endpoints, loaded);
    if (next.kind === 'no-folder') return log.problem(`${next.message}: the endpoints stay as they were`);
    loaded = next;
    targets = targetsIn(next);
    fitHeapTo(watchedEndpoints(next.config));
    for (const problem of next.problems) log.problem(problem);
    for (const { message } of missingSecrets(next.config, deps.readSecret)) log.problem(message);
    await runner.update(next.config);
    log.reloaded(loadedCounts());
  };

  const running = runner.run(signal);
  const ended = new AbortController();
  void running.then(() => ended.abort());
  await clock.sleep(Number.POSITIVE_INFINITY, AbortSignal.any([begun.signal, ended.signal]));
  if (begun.signal.aborted)
    log.started(
      { ...loadedCounts(), workers: options.workers, version, url: server.url, folder: options.endpoints },
      runner.status,
    );
  void keepClean(stores.housekeeping, deps);
  const watching = watchFolder({ clock, signal, onProblem: log.problem }, options.endpoints, reload);
  await running;
  deps.onPhase('closing');
  await Promise.all([server.close(), watching]);
  probes.close();
  return { kind: 'ended' };
};

/** Runs until `signal` aborts. What keeps it from starting is an answer, not an error. */
export const runMonitor = async (
  options: MonitorOptions,
  deps: MonitorDeps,
): Promise<Refused | { readonly kind: 'ended' }> => {
  const loaded = await load(options.endpoints, deps);
  if (loaded.kind === 'refused') return loaded;
  if (deps.signal.aborted) return { kind: 'ended' };
  deps.onPhase('opening');
  const stores = await openStoreThread({ dataDir: options.data }, deps.log.problem);
  if (stores.kind !== 'open') return refused(stores.error);
  try {
    const broken = await stores.housekeeping.prepare(LOCAL_JOBSET).then(
      () => null,
      (cause: Error) => cause.message,
    );
    if (broken !== null)
      return refused(`${options.data} cannot be used: ${broken}. Name another folder: --data DIR.`);
    if (deps.signal.aborted) return { kind: 'ended' };
    deps.onPhase('running');
    return await runOn(stores, loaded, options, deps);
  } finally {
    deps.onPhase('closing-store');
    await stores.close();
  }
};
