import { Counter, Gauge, Registry } from 'prom-client';
import { failureReasons } from '../../domain/result.ts';
import type { Observer } from '../../engine/events/observer.ts';
import { addCounts, type CheckCounts, countCheck } from '../../engine/measures/check-counts.ts';
import { endpointMetrics } from './endpoint-metrics.ts';
import type { Reply } from './reply.ts';
import type { Source } from './source.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

export type Metrics = {
  /** To be given to the engine. */
  readonly observer: Observer;
  /** Checks that other processes have made, by result. */
  readonly countChecks: (counts: CheckCounts) => void;
  readonly reply: (source: Source) => Reply;
};

/** Process metrics under their usual names. `collectDefaultMetrics` lists every open file and handle at each
 *  scrape: with 8,000 sockets it held the loop for 29 ms. */
const setProcessMetrics = (registry: Registry) => {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  gauge(
    'process_start_time_seconds',
    'When the process started, Unix time.',
    () => performance.timeOrigin / 1000,
  );
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
};

const setLoopMetrics = (registry: Registry) => {
  const registers = [registry];
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `peregrine_${name}`, help, labelNames, registers });
  const info = gauge('build_info', 'Always 1: the version that runs.', ['version']);
  const endpoints = gauge('endpoints', 'Endpoints that are checked.');
  const failing = gauge('endpoints_failing', 'Endpoints in the state fail.');
  const rate = gauge('checks_per_second', 'Checks a second over the last 10 s.');
  const lateness = gauge(
    'lateness_seconds',
    'How late checks started over the last 10 s; quantile 1 is the latest.',
    ['quantile'],
  );
  const missed = new Counter({
    name: 'peregrine_ticks_missed_total',
    help: 'Due instants that were not checked.',
    registers,
  });
  const stalled = gauge('loop_stalled', '1 when the check loop does not turn.');
  const reachable = gauge('store_reachable', '1 when the last call of the store went through.');
  const limitHit = gauge('scaling_limit_hit', '1 when checks come due faster than they can run.');
  const fit = gauge(
    'endpoints_fit',
    'How many endpoints are kept up with, about; all while the limit is not hit.',
  );
  return ({ version, status }: Source) => {
    const loop = status();
    info.set({ version }, 1);
    endpoints.set(loop.endpoints);
    failing.set(loop.failing);
    rate.set(loop.checksPerSecond);
    lateness.set({ quantile: '0.5' }, loop.latenessMs.p50 / 1000);
    lateness.set({ quantile: '0.99' }, loop.latenessMs.p99 / 1000);
    lateness.set({ quantile: '1' }, loop.latenessMs.max / 1000);
    missed.reset();
    missed.inc(loop.missedTicks);
    stalled.set(loop.stalled ? 1 : 0);
    reachable.set(loop.storeReachable ? 1 : 0);
    limitHit.set(loop.scalingLimitHit ? 1 : 0);
    fit.set(loop.endpointsFit);
  };
};

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const results = ['ok', ...failureReasons] as const;
  /** Plain numbers: a labelled counter costs a microsecond at each check. */
  const checks: CheckCounts = {};
  new Counter({
    name: 'peregrine_checks_total',
    help: 'Checks since the start by result: ok, or why they failed.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      for (const result of results) this.inc({ result }, checks[result] ?? 0);
    },
  });
  new Counter({
    name: 'peregrine_http_retries_total',
    help: 'Requests sent once more, because a kept connection was closed as they went out.',
    registers,
    collect() {
      this.reset();
      this.inc(checks.retries ?? 0);
    },
  });
  const transitions = new Counter({
    name: 'peregrine_transitions_total',
    help: 'Transitions since the start by kind, and why they were not delivered.',
    labelNames: ['kind', 'suppressed'],
    registers,
  });
  const deliveries = new Counter({
    name: 'peregrine_deliveries_total',
    help: 'Attempts to deliver since the start by target and outcome.',
    labelNames: ['target', 'outcome'],
    registers,
  });
  const readLoop = setLoopMetrics(registry);
  const readWorkers = createWorkerMetrics(registry);
  setProcessMetrics(registry);

  return {
    observer: {
      onCheck: check => countCheck(checks, check),
      onTransition: ({ kind, suppressed }) => transitions.inc({ kind, suppressed: suppressed ?? '' }),
      onDelivery: ({ target, outcome }) => deliveries.inc({ target, outcome: outcome.kind }),
    },
    countChecks: counts => addCounts(checks, counts),
    reply: source => ({
      kind: 'slices',
      contentType: registry.contentType,
      slices: async function* () {
        readLoop(source);
        readWorkers(source);
        yield await registry.metrics();
        yield* endpointMetrics(source.endpoints());
      },
    }),
  };
};
