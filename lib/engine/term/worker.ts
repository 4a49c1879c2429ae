import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { type Config, watchedEndpoints } from '../../domain/config.ts';
import type { Endpoint, EndpointId } from '../../domain/endpoint.ts';
import { isSelf } from '../../domain/self.ts';
import type { Target } from '../../domain/target.ts';
import { newRuleState } from '../../domain/transition.ts';
import type { Vitals } from '../../domain/vitals.ts';
import type { Observer } from '../events/observer.ts';
import type { CountedTicks } from '../measures/counted-ticks.ts';
import { type LoopReading, mergeLateness } from '../measures/loop-reading.ts';
import type { EndpointStatus, LoopStatus } from '../measures/status.ts';
import { createSteadyClock } from '../pacing/steady-clock.ts';
import type { AcquiredLease } from '../ports/lease-store.ts';
import { createHealth } from './health.ts';
import { RENEW_EVERY_MS } from './keep-lease.ts';
import type { Mode } from './mode.ts';
import type { StoreCalls } from './parts.ts';
import { type Claim, LOOK_AGAIN_AFTER_MS, takeLease } from './take-lease.ts';
import { beginTerm, type Term, type TermDeps } from './term.ts';
import { untilDone } from './until-done.ts';
import { type Stores, watchStores } from './watched-stores.ts';

export type WorkerDeps = Omit<TermDeps, 'target' | 'clock' | 'renewEveryMs' | 'storeCalls'> & {
  readonly clock: Clock;
  /** Every second where a renewal costs nothing: a quick restart is then no gap. */
  readonly renewEveryMs?: number;
  readonly storeCalls?: StoreCalls;
  /** Holder of the lease: unique over all workers. */
  readonly owner: string;
  readonly jobset: string;
  /** Release of the code: a worker that relieves others takes one of another release for outdated. */
  readonly release: string;
  /** When this worker must be through; null: never. */
  readonly deadlineAtMs: number | null;
  /** What checks need and a worker that leaves at once does not: done once the lease is taken. Does not reject. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  /** What an owner before this one counted. Does not reject. */
  readonly countedBefore?: (signal: AbortSignal) => Promise<CountedTicks | null>;
  /** Targets that this worker's endpoints do not name, and that transitions of moved endpoints still go to. */
  readonly otherTarget?: (name: string) => Target | undefined;
};

/** The timer is this late: nothing runs. */
const STALLED_AFTER_MS = 5000;

const DEPLOYED_STORE_CALLS: StoreCalls = { saves: 100, acknowledgements: 16 };

type Indexed = {
  readonly endpoints: ReadonlyMap<EndpointId, Endpoint>;
  /** How many there are besides `self`. */
  readonly watched: number;
  readonly targets: ReadonlyMap<string, Target>;
  /** Made when it is wanted: of 100,000 endpoints it takes half a second, and a reload does not want it. */
  readonly hash: () => string;
};

/** A line inserted above an endpoint moves its `source` and changes nothing. */
const withoutSource = (endpoint: Endpoint): string => JSON.stringify({ ...endpoint, source: '' });

const isSame = (before: Endpoint | undefined, after: Endpoint): before is Endpoint =>
  before === after || (before !== undefined && withoutSource(before) === withoutSource(after));

const hashOf = ({ endpoints, targets }: Config, release: string): string => {
  const hash = createHash('sha256').update(release);
  for (const endpoint of endpoints) hash.update(withoutSource(endpoint));
  return hash.update(JSON.stringify(targets)).digest('hex').slice(0, 16);
};

/** An endpoint that did not change stays the same object: that is how a term knows. */
const indexed = (config: Config, release: string, before: Indexed | null): Indexed => {
  let hash: string | null = null;
  return {
    endpoints: new Map(
      config.endpoints.map(endpoint => {
        const known = before?.endpoints.get(endpoint.id);
        return [endpoint.id, isSame(known, endpoint) ? known : endpoint];
      }),
    ),
    watched: watchedEndpoints(config).length,
    targets: new Map(config.targets.map(target => [target.name, target])),
    hash: () => {
      hash ??= hashOf(config, release);
      return hash;
    },
  };
};

/** Reading of a worker that never had a term. */
const nothingRead = {
  checksPerSecond: 0,
  lateness: mergeLateness([]),
  begun: 0,
  ran: 0,
  behind: 0,
  behindForS: 0,
  missedTicks: 0,
  unchecked: 0,
  unsaved: 0,
  states: null,
  overdueMs: Number.POSITIVE_INFINITY,
};

export const unwatchedStatus = (endpoint: Endpoint): EndpointStatus => ({
  endpoint,
  state: newRuleState,
  last: null,
  ticks: { due: 0, run: 0, late: 0, missed: 0 },
  latency: { p50: null, p95: null, p99: null },
  response: { p50: null, p95: null, p99: null },
});

/** Takes the lease of a jobset and runs its endpoints, for as long as it may. */
export const createWorker = (workerDeps: WorkerDeps, firstConfig: Config) => {
  const { observer, owner, jobset, release, deadlineAtMs, renewEveryMs = RENEW_EVERY_MS } = workerDeps;
  const clock = createSteadyClock(workerDeps.clock);
  const { health, ...stores } = watchStores(workerDeps, why =>
    observer.onProblem?.(
      `the store does not answer: ${why}. States are kept in memory and saved when it does.`,
    ),
  );
  let config = indexed(firstConfig, release, null);
  let term: Term | null = null;
  /** The present term, or what the last one knew at its end. */
  let shown: Term | null = null;
  /** Ticks counted in the terms that are over. */
  let counted: CountedTicks | null = null;
  let missedBefore = 0;
  let targetFailures = 0;

  const targetNamed = (name: string): Target | undefined =>
    config.targets.get(name) ?? workerDeps.otherTarget?.(name);

  const counting: Observer = {
    ...observer,
    onDelivery: report => {
      if (report.outcome.kind !== 'accepted') targetFailures++;
      observer.onDelivery?.(report);
    },
  };
  const deps: TermDeps & Stores = {
    ...workerDeps,
    ...stores,
    clock,
    renewEveryMs,
    storeCalls: workerDeps.storeCalls ?? DEPLOYED_STORE_CALLS,
    observer: counting,
    target: name => targetNamed(name),
  };

  const take = (claim: Claim, signal: AbortSignal) =>
    takeLease(
      { ...deps, onProblem: message => observer.onProblem?.(message) },
      claim,
      () => ({ jobset, owner, configHash: config.hash(), deadlineAtMs }),
      signal,
    );

  const serve = async (mode: Mode, acquired: AcquiredLease, signal: AbortSignal) => {
    const before = await workerDeps.countedBefore?.(signal);
    const latest = before && before.atMs > (counted?.atMs ?? 0) ? before : counted;
    clock.sync();
    const current = beginTerm(deps, mode, acquired, latest);
    const over = new AbortController();
    const stop = () => void current.end('asked');
    signal.addEventListener('abort', stop, { once: true });
    try {
      await workerDeps.prepare?.(signal);
      const begunWith = config;
      if ((await current.begin(begunWith.endpoints)) === 'begun') {
        term = current;
        shown = current;
        if (config !== begunWith) await current.update(config.endpoints);
        observer.onBegin?.();
      }
    } catch (cause) {
      if (!current.isOver()) observer.onProblem?.(`the states cannot be loaded: ${(cause as Error).message}`);
      void current.end('lost');
    }
    if (signal.aborted) stop();
    if (mode.kind !== 'loop') void untilDone(clock, current, mode, over.signal).then(stop);
    const end = await current.ended;
    over.abort();
    signal.removeEventListener('abort', stop);
    observer.onEnd?.();
    if (term) counted = term.ticks();
    missedBefore += term?.read().missedTicks ?? 0;
    term = null;
    return end;
  };

  /** What `vitals` and `status` tell, to be added up with that of other workers. */
  const reading = (): LoopReading => {
    const { states, overdueMs, ...loop } = shown?.read() ?? nothingRead;
    return {
      ...loop,
      missedTicks: missedBefore + (term ? loop.missedTicks : 0),
      endpoints: config.watched,
      failing: states?.fail ?? 0,
      unknown: states?.unknown ?? config.watched,
      stalled: overdueMs > STALLED_AFTER_MS,
      storeReachable: health.failing.size === 0,
      targetFailures,
      storeFailures: health.failures,
    };
  };

  const loopHealth = createHealth(clock);

  return {
    /** Until `signal` aborts, or another worker runs the jobset: `left` when it did from the start. */
    run: async (claim: Claim, signal: AbortSignal): Promise<'ran' | 'left'> => {
      let outcome: 'ran' | 'left' = 'left';
      for (let next = claim; !signal.aborted; next = claim === 'insist' ? claim : 'if-free') {
        const acquired = await take(next, signal);
        if (!acquired) break;
        outcome = 'ran';
        const end = await serve({ kind: 'loop' }, acquired, signal);
        if (end === 'handed-over') break;
        if (end === 'lost')
          observer.onProblem?.(
            `jobset "${jobset}" lost its lease: another worker has it. Checks are paused; it tries again by itself.`,
          );
        if (end === 'lost') await clock.sleep(LOOK_AGAIN_AFTER_MS, signal);
      }
      return outcome;
    },
    /** Takes the lease for one burst, or to drain what is left. */
    runOnce: async (
      claim: Claim,
      mode: Exclude<Mode, { kind: 'loop' }>,
      signal: AbortSignal,
    ): Promise<void> => {
      const acquired = await take(claim, signal);
      if (acquired) await serve(mode, acquired, signal);
    },
    /** Goes on with another config; what did not change keeps its state, streak and phase. */
    update: async (next: Config): Promise<void> => {
      config = indexed(next, release, config);
      await term?.update(config.endpoints);
    },
    /** All that are watched for somebody: without `self`, which `endpoint` shows. */
    endpoints: (): Iterable<EndpointStatus> =>
      config.endpoints
        .values()
        .filter(endpoint => !isSelf(endpoint))
        .map(endpoint => shown?.status(endpoint.id) ?? unwatchedStatus(endpoint)),
    endpoint: (id: string): EndpointStatus | null => {
      const endpoint = config.endpoints.get(id as EndpointId);
      return endpoint ? (shown?.status(endpoint.id) ?? unwatchedStatus(endpoint)) : null;
    },
    reading,
    /** Ticks counted in the present term, or in the last one; null before the first. */
    ticks: (): CountedTicks | null => term?.ticks() ?? counted,
    status: (): LoopStatus => loopHealth.status(reading()),
    vitals: (): Omit<Vitals, 'invalidFiles'> => loopHealth.vitals(reading()),
    target: targetNamed,
    /** Reads of the history, through the same watch over the store. */
    history: stores.history,
  };
};

export type Worker = ReturnType<typeof createWorker>;
