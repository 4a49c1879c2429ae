import type { Config } from '../../../lib/domain/config.ts';
import type { JobsetKind } from '../../../lib/domain/jobset.ts';
import type { RuleId } from '../../../lib/domain/rule.ts';
import type { CountedTicks } from '../../../lib/engine/measures/counted-ticks.ts';
import { sweep } from '../../../lib/engine/term/sweep.ts';
import type { Claim } from '../../../lib/engine/term/take-lease.ts';
import { createWorker, type WorkerDeps } from '../../../lib/engine/term/worker.ts';
import type { See, Under } from '../observation.ts';
import { createReceivers } from '../outside/receivers.ts';
import { createServices } from '../outside/services.ts';
import type { Sabotage } from '../sabotage.ts';
import { createCaller, createNetwork } from '../store/network.ts';
import { type Disk, portsOf } from '../store/ports.ts';
import { randomOf } from '../world/random.ts';
import type { EndpointPlan, TargetPlan, World } from '../world/world.ts';
import { createProcess, type Machine } from './process.ts';
import type { Scheduler } from './scheduler.ts';

export type Outside = {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly disk: Disk;
  readonly see: See;
  readonly sabotage: Sabotage;
  readonly endpoints: ReadonlyMap<string, EndpointPlan>;
  readonly targets: ReadonlyMap<string, TargetPlan>;
  /** The world is over: whoever asks for anything gets nothing. */
  readonly isOver: () => boolean;
};

type Started = { readonly name: string; readonly jobset: string; readonly machine: Machine };

const as = <Value>(change: ((value: Value) => Value) | undefined, value: Value): Value =>
  change ? change(value) : value;

/** Where a renewal and a save cost nothing. */
const ONE_MACHINE = { renewEveryMs: 1000, storeCalls: { saves: 512, acknowledgements: 512 } };

/** A process with the real engine in it, and everything around it simulated. */
const createEngineProcess = (outside: Outside, { name, jobset, machine }: Started) => {
  const { world, scheduler, disk, sabotage } = outside;
  const process = createProcess(scheduler, machine, name);
  const random = (of: string) => randomOf(world.seed, `${name} ${of}`);
  let by: Under = { process: name, jobset, epoch: 0 };
  /** A dead process says nothing. */
  const see: See = seen => {
    if (process.isAlive() && !outside.isOver()) outside.see(seen);
  };
  const under = (): Under => by;
  const call = createCaller(
    scheduler,
    process,
    createNetwork(world.faults, jobset, random('network')),
    random('death'),
    outside.isOver,
    (failed, why, done) => see({ process: name, jobset, kind: 'call failed', call: failed, why, done }),
  );
  const ports = portsOf({
    disk,
    call,
    see: outside.see,
    nowMs: scheduler.nowMs,
    wallMs: process.clock.nowMs,
    under,
    onAcquired: epoch => {
      by = { ...by, epoch };
    },
  });
  const services = createServices({ scheduler, process, plans: outside.endpoints, see, under });
  const receivers = createReceivers({
    scheduler,
    process,
    plans: outside.targets,
    random: random('targets'),
    see: outside.see,
    under,
  });
  const deps: Omit<WorkerDeps, 'jobset' | 'deadlineAtMs'> = {
    ...as(sabotage.ports, ports),
    clock: process.clock,
    random: random('engine'),
    owner: name,
    release: 'r1',
    probe: as(sabotage.probe, services.probe),
    send: as(sabotage.send, receivers.send),
    maxInFlight: world.maxInFlight,
    ...(world.kind === 'machine' ? ONE_MACHINE : {}),
    observer: {
      onCheck: ({ endpoint: { id }, result: { ok, reason } }) => {
        const { askedAtMs, up } = services.questionTo(id) ?? { askedAtMs: scheduler.nowMs(), up: ok };
        see({ ...by, kind: 'checked', id, ok, reason, askedAtMs, up, wallMs: process.clock.nowMs() });
      },
      onTransition: transition => see({ ...by, kind: 'told', transition }),
      onDelivery: ({ target, transition, outcome }) =>
        see({ ...by, kind: 'delivered', target, transition, outcome }),
      onProblem: message => see({ ...by, kind: 'problem', message }),
    },
  };
  return { process, deps, see, under };
};

/** The longest that the update of a config waits before it is tried again. */
const UPDATE_AGAIN_AFTER_MS = 1000;

/** After a pause all that an API shows must be true again this soon. */
export const TRUE_AFTER_PAUSE_MS = 3500;

export type WorkerProcess = {
  readonly name: string;
  readonly jobset: string;
  readonly process: ReturnType<typeof createProcess>;
  readonly isRunning: () => boolean;
  readonly stop: () => void;
  readonly kill: () => void;
  /** For the end of the world. */
  readonly end: () => void;
  readonly update: (config: Config) => void;
  /** What its API shows, while it says that it watches. */
  readonly show: () => void;
};

/** A schedule says for which minute a burst is. */
const minuteOf = (ms: number): number => Math.floor(ms / 60_000) * 60_000;

/** A process that runs a jobset until it is told to stop, hands over or dies. */
export const startWorker = (
  outside: Outside,
  started: Started & {
    readonly claim: Claim;
    readonly mode: JobsetKind;
    readonly deadlineAfterMs: number | null;
    readonly countedBefore: () => CountedTicks | null;
    readonly onCounted: (counted: CountedTicks) => void;
    /** It ended by itself. */
    readonly onExit: () => void;
  },
  firstConfig: Config,
): WorkerProcess => {
  const { name, jobset, claim, deadlineAfterMs } = started;
  const { sabotage } = outside;
  const engine = createEngineProcess(outside, started);
  const { process, see } = engine;
  const over = new AbortController();
  let begun = false;
  let running = true;
  let config = firstConfig;
  const worker = createWorker(
    {
      ...engine.deps,
      jobset,
      deadlineAtMs: deadlineAfterMs === null ? null : process.clock.nowMs() + deadlineAfterMs,
      countedBefore: async () => {
        const counted = started.countedBefore();
        return counted && as(sabotage.counted, counted);
      },
      observer: {
        ...engine.deps.observer,
        onBegin: () => {
          begun = true;
          see({ ...engine.under(), kind: 'began' });
        },
        onEnd: () => {
          begun = false;
          see({ ...engine.under(), kind: 'ended' });
        },
      },
    },
    as(sabotage.config, config),
  );

  const exit = (): void => {
    const counted = worker.ticks();
    if (counted) started.onCounted(counted);
    see({ process: name, jobset, kind: 'exited' });
    running = false;
    process.kill();
    started.onExit();
  };

  const update = (next: Config): void => {
    config = next;
    void worker.update(as(sabotage.config, next)).catch(() =>
      process.clock.after(UPDATE_AGAIN_AFTER_MS, () => {
        if (config === next) update(next);
      }),
    );
  };

  see({ process: name, jobset, kind: 'started' });
  if (deadlineAfterMs !== null)
    process.clock.after(deadlineAfterMs, () => {
      see({ process: name, jobset, kind: 'deadline' });
      over.abort();
    });
  const run = async (): Promise<void> => {
    if (started.mode === 'loop') await worker.run(claim, over.signal);
    else
      await worker.runOnce(claim, { kind: 'burst', untilMs: minuteOf(process.clock.nowMs()) }, over.signal);
    exit();
  };
  void run();

  return {
    name,
    jobset,
    process,
    isRunning: () => running,
    stop: () => {
      see({ process: name, jobset, kind: 'asked to stop' });
      process.answer(0, () => over.abort());
    },
    end: () => {
      process.raise();
      over.abort();
    },
    kill: () => {
      if (running) see({ process: name, jobset, kind: 'crashed' });
      running = false;
      process.kill();
    },
    update,
    show: () => {
      if (!begun || !running || process.awakeForMs() < TRUE_AFTER_PAUSE_MS) return;
      const counted = worker.ticks();
      if (counted) started.onCounted(counted);
      for (const { endpoint, state, ticks } of worker.endpoints())
        see({
          ...engine.under(),
          kind: 'shown',
          id: endpoint.id as RuleId,
          state: state.state,
          ticks,
          wallMs: process.clock.nowMs(),
        });
    },
  };
};

/** One round of the sweeper, in a process of its own that lives for so long. */
export const startSweeper = (
  outside: Outside,
  started: Omit<Started, 'jobset'>,
  deployed: readonly string[],
  configOf: (jobset: string) => Config,
  livesMs: number,
): { readonly end: () => void } => {
  const engine = createEngineProcess(outside, { ...started, jobset: 'sweeper' });
  const over = new AbortController();
  outside.scheduler.at(outside.scheduler.nowMs() + livesMs, engine.process.kill);
  void sweep({ ...engine.deps, deployed, configOf: async jobset => configOf(jobset) }, over.signal).catch(
    () => {},
  );
  return {
    end: () => {
      engine.process.raise();
      over.abort();
    },
  };
};
