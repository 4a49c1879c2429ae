import type { CountedTicks } from '../../../lib/engine/measures/counted-ticks.ts';
import type { Claim } from '../../../lib/engine/term/take-lease.ts';
import { configAt } from '../world/config.ts';
import { between, randomOf } from '../world/random.ts';
import type { Fault } from '../world/world.ts';
import { type Machine, newMachine } from './process.ts';
import { type Outside, startSweeper, startWorker, type WorkerProcess } from './worker-process.ts';

/** So long a worker of the cloud lasts. */
const CLOUD_LIVES_MS = 150_000;
/** Lambda ends a process that is not through so long after its deadline. */
const KILLED_AFTER_MS = 10_000;
/** Where workers come less often, it would take their jobset for one that nobody watches. */
const SWEEPS_EVERY_MS = 60_000;
const SWEEPER_LIVES_MS = 50_000;
/** Whoever starts a process again looks so often whether the one before has ended. */
const LOOKS_EVERY_MS = 500;
/** The longest that a worker takes to end. */
const ENDS_WITHIN_MS = 10_000;
/** Clocks of different machines differ by so much. */
const MOST_SKEW_MS = 50;

/** How its processes are called. */
export const SWEEPER = 'sweeper';

/** The processes of a world, and what becomes of them. */
export const createFleet = (outside: Outside) => {
  const { world, scheduler, disk, see } = outside;
  const isCloud = world.kind === 'cloud';
  const shared = newMachine(world.driftRatio);
  const skew = randomOf(world.seed, 'skew');
  /** All but those that ended by themselves. */
  const workers = new Set<WorkerProcess>();
  const sweepers: { readonly end: () => void }[] = [];
  /** Who was started last for a jobset. */
  const newest = new Map<string, WorkerProcess>();
  const counted = new Map<string, CountedTicks>();
  const lives = new Map<string, number>();
  let over = false;

  const nextName = (of: string): string => {
    const life = (lives.get(of) ?? 0) + 1;
    lives.set(of, life);
    return `${of}.${life}`;
  };

  const newHost = (): Machine =>
    isCloud ? newMachine(world.driftRatio, between(skew, -MOST_SKEW_MS, MOST_SKEW_MS)) : shared;

  const start = (jobset: string, claim: Claim): void => {
    const before = newest.get(jobset);
    if (!isCloud && before && !before.isRunning()) disk.leases.abandon(jobset, before.name);
    const worker: WorkerProcess = startWorker(
      outside,
      {
        name: nextName(jobset),
        jobset,
        machine: newHost(),
        claim,
        mode: world.jobsetKind,
        deadlineAfterMs: isCloud ? CLOUD_LIVES_MS : null,
        countedBefore: () => (isCloud ? null : (counted.get(jobset) ?? null)),
        onCounted: ticks => counted.set(jobset, ticks),
        onExit: () => workers.delete(worker),
      },
      configAt(world, jobset, scheduler.nowMs()),
    );
    workers.add(worker);
    newest.set(jobset, worker);
    if (isCloud) scheduler.at(scheduler.nowMs() + CLOUD_LIVES_MS + KILLED_AFTER_MS, worker.kill);
  };

  const keepComing = (jobset: string): void => {
    if (over) return;
    start(jobset, world.jobsetKind === 'burst' ? 'queue' : 'relieve');
    scheduler.at(scheduler.nowMs() + world.comesEveryMs, () => keepComing(jobset));
  };

  const keepSweeping = (): void => {
    if (over) return;
    sweepers.push(
      startSweeper(
        outside,
        { name: nextName(SWEEPER), machine: newHost() },
        world.jobsets,
        jobset => configAt(world, jobset, scheduler.nowMs()),
        SWEEPER_LIVES_MS,
      ),
    );
    scheduler.at(scheduler.nowMs() + SWEEPS_EVERY_MS, keepSweeping);
  };

  const open = (): void => {
    for (const [index, jobset] of world.jobsets.entries())
      scheduler.at(100 * index, () => (isCloud ? keepComing(jobset) : start(jobset, 'insist')));
    if (isCloud && world.comesEveryMs <= SWEEPS_EVERY_MS) scheduler.at(SWEEPS_EVERY_MS / 2, keepSweeping);
  };

  /** Who runs a jobset as far as anybody knows: the last that began, else the last that was started. */
  const runnerOf = (jobset: string): WorkerProcess | undefined => {
    const owner = disk.leases.ownerOf(jobset);
    return workers.values().find(({ name }) => name === owner) ?? newest.get(jobset);
  };

  const comeBack = (jobset: string, backAfterMs: number): void => {
    if (isCloud) return;
    scheduler.at(scheduler.nowMs() + backAfterMs, () => {
      if (newest.get(jobset)?.isRunning()) comeBack(jobset, LOOKS_EVERY_MS);
      else if (!over) start(jobset, 'insist');
    });
  };

  const pause = (worker: WorkerProcess, fault: Extract<Fault, { kind: 'pause' }>): void => {
    const { name, jobset, process } = worker;
    const hit =
      fault.how === 'suspended'
        ? [...workers].filter(one => one.process.machine === process.machine)
        : [worker];
    if (hit.some(one => one.process.isPaused())) return;
    see({ process: name, jobset, kind: 'paused', pause: fault });
    process.machine.suspendedMs += fault.how === 'suspended' ? fault.forMs : 0;
    for (const one of hit) one.process.pause(fault);
    scheduler.at(scheduler.nowMs() + fault.forMs, () => {
      if (worker.isRunning()) see({ process: name, jobset, kind: 'woke' });
    });
  };

  const hit = (fault: Fault): void => {
    switch (fault.kind) {
      case 'pause':
      case 'step':
      case 'crash':
      case 'restart':
      case 'relief': {
        const worker = runnerOf(fault.jobset);
        if (fault.kind === 'relief') return start(fault.jobset, 'insist');
        if (!worker?.isRunning()) return;
        if (fault.kind === 'pause') return pause(worker, fault);
        if (fault.kind === 'step') {
          see({ process: worker.name, jobset: worker.jobset, kind: 'clock stepped', byMs: fault.byMs });
          worker.process.machine.offsetMs += fault.byMs;
          return;
        }
        if (fault.kind === 'crash') worker.kill();
        else worker.stop();
        return comeBack(fault.jobset, fault.backAfterMs);
      }
      case 'edit':
        see({ kind: 'edited', edit: fault.edit });
        if (isCloud) return;
        for (const worker of workers)
          if (worker.isRunning()) worker.update(configAt(world, worker.jobset, scheduler.nowMs()));
        return;
      case 'outage': {
        const process = fault.jobset;
        see({ kind: 'store away', how: fault.how, process });
        scheduler.at(fault.atMs + fault.forMs, () => see({ kind: 'store back', how: fault.how, process }));
        return;
      }
      case 'lossy':
      case 'slow-store':
        see({ kind: 'store away', how: fault.kind, process: null });
        scheduler.at(fault.atMs + fault.forMs, () =>
          see({ kind: 'store back', how: fault.kind, process: null }),
        );
        return;
      default:
        return fault satisfies never;
    }
  };

  return {
    open,
    hit,
    show: (): void => {
      for (const worker of workers) worker.show();
    },
    /** On one machine somebody sees to it that every jobset is run. */
    revive: (): void => {
      if (isCloud) return;
      for (const jobset of world.jobsets)
        if (![...workers].some(worker => worker.jobset === jobset && worker.isRunning()))
          start(jobset, 'insist');
    },
    /** Node keeps each signal that somebody listens to until it aborts: all must come to their end. */
    close: async (): Promise<void> => {
      over = true;
      for (const one of [...workers, ...sweepers]) one.end();
      await scheduler.runUntil(scheduler.nowMs() + ENDS_WITHIN_MS);
    },
  };
};
