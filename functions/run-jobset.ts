import type { Config } from '../lib/domain/config.ts';
import { secretUses } from '../lib/domain/secret-uses.ts';
import type { ReadSecret } from '../lib/domain/secrets.ts';
import type { Observer } from '../lib/engine/events/observer.ts';
import { tellAll } from '../lib/engine/events/tell-all.ts';
import { createMeter } from '../lib/engine/measures/meter.ts';
import { createWorker, type Worker } from '../lib/engine/term/worker.ts';
import { createProbes, probeWith } from '../lib/probe/probes.ts';
import { askSelf } from '../lib/probe/self.ts';
import { withoutCredentials } from './environment.ts';
import type { Wired } from './wiring.ts';

export type Invocation = {
  readonly jobset: string;
  /** The minute that a burst is for. */
  readonly scheduledAtMs: number;
  /** Unique to this invocation. */
  readonly id: string;
  readonly remainingMs: number;
};

/** What is in flight ends, is saved and told, before Lambda ends the process. */
const ENDS_BEFORE_MS = 10_000;
/** Checks at once, of 1,024 open files; the kept connections come on top of it. */
const CHECKS_AT_ONCE = 200;
/** As many endpoints with sockets as are packed into a jobset. */
const CONNECTIONS_KEPT = 800;

/** Puts metrics at the end of each of their periods, and the last when the term ends. */
const meterOf = ({ clock, stage, putMetrics }: Wired, config: Config, worker: () => Worker) => {
  const meter = createMeter({
    stage,
    config,
    vitals: () => ({ ...worker().vitals(), invalidFiles: [] }),
    state: id => worker().endpoint(id)?.state.state ?? 'unknown',
  });
  const never = new AbortController().signal;
  let term = new AbortController();
  let putting = Promise.resolve();
  const put = (end: boolean): void => {
    const metrics = meter.collect(clock.nowMs(), end);
    if (metrics.length > 0) putting = putting.then(() => putMetrics(metrics, never));
  };

  const keepPutting = async ({ signal }: AbortController): Promise<void> => {
    for (;;) {
      await clock.sleep(meter.nextAtMs(clock.nowMs()) - clock.nowMs(), signal);
      if (signal.aborted) return;
      put(false);
    }
  };

  const observer: Observer = {
    ...meter.observer,
    onBegin: () => {
      term = new AbortController();
      void keepPutting(term);
    },
    onEnd: () => {
      term.abort();
      put(true);
    },
  };
  return { observer, settled: () => putting };
};

const probesOf = ({ clock, deployed }: Wired, readSecret: ReadSecret) =>
  createProbes({
    clock,
    readSecret,
    environment: withoutCredentials(process.env),
    version: deployed.deployment.release,
    maxKept: CONNECTIONS_KEPT,
  });

/** One invocation's work: a loop jobset is run until another worker relieves this one, a burst jobset's minute is run
 *  at once. */
export const runJobset = async (wired: Wired, invocation: Invocation): Promise<void> => {
  const { clock, random, deployed, log, logger, engine } = wired;
  const jobset = deployed.jobset(invocation.jobset);
  // A deployment that removes a jobset removes its schedule last.
  if (!jobset) return logger.warn(`this deployment has no jobset "${invocation.jobset}"`);
  const { id, kind, config } = jobset;
  const startedAtMs = clock.nowMs();
  const deadlineAtMs = startedAtMs + invocation.remainingMs - ENDS_BEFORE_MS;
  const over = new AbortController();
  const cancelDeadline = clock.after(deadlineAtMs - startedAtMs, () => over.abort());

  let secrets: ReadSecret = () => null;
  const prepare = async (signal: AbortSignal): Promise<void> => {
    const names = secretUses({ ...config, targets: [] }).map(({ secret }) => secret);
    const { read, problems } = await wired.loadSecrets(names, signal);
    secrets = read;
    for (const problem of problems) observer.onProblem(problem);
  };

  const probes = probesOf(wired, name => secrets(name));
  const self = askSelf(() => ({ ...worker.vitals(), invalidFiles: deployed.deployment.invalidFiles }));
  const meter = meterOf(wired, config, () => worker);
  const observer = tellAll([log, meter.observer]);
  const worker: Worker = createWorker(
    {
      ...engine,
      clock,
      random,
      probe: probeWith({ ...probes.asks, self }),
      prepare,
      observer,
      maxInFlight: CHECKS_AT_ONCE,
      owner: invocation.id,
      jobset: id,
      deadlineAtMs,
    },
    config,
  );
  try {
    if (kind === 'burst')
      await worker.runOnce('queue', { kind: 'burst', untilMs: invocation.scheduledAtMs }, over.signal);
    else if ((await worker.run('relieve', over.signal)) === 'ran')
      logger.info('worker ended', {
        kind: 'worker',
        jobset: id,
        lived_s: Math.round((clock.nowMs() - startedAtMs) / 1000),
        rss_mb: Math.round(process.memoryUsage.rss() / 1024 ** 2),
      });
    await meter.settled();
  } finally {
    cancelDeadline();
    probes.close();
  }
};
