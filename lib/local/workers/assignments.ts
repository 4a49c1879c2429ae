import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../domain/clock.ts';
import type { Config } from '../../domain/config.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import type { Jobset } from '../../domain/jobset.ts';
import type { CountedTicks } from '../../engine/measures/counted-ticks.ts';
import { divide, partOf } from '../../schedule/divide.ts';
import type { SentTicks } from './messages.ts';
import { JOBSETS_A_WORKER, workerFor } from './preferred-worker.ts';
import { type ReceivedTicks, receivedTicks, ticksIn } from './sent-ticks.ts';
import type { WorkerProcess } from './worker-process.ts';

/** One jobset, and who runs it. */
type Assignment = {
  jobset: Jobset;
  /** Worker that was told to run it: while another still does, it waits for the lease. */
  told: WorkerProcess | null;
  runner: WorkerProcess | null;
  unwatchedSinceMs: number;
  received: ReceivedTicks | undefined;
  counted: CountedTicks | null;
};

/** A hand-over is over by then. */
const COUNTED_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 10;
/** A jobset that nobody runs for longer is no hand-over any more. */
const UNWATCHED_MS = 5000;

const jobsetsOf = (config: Config, workers: number): readonly Jobset[] =>
  divide(config, workers * JOBSETS_A_WORKER);

/** Assignment of jobsets to workers. A jobset is given to another worker by telling that one: it takes the lease, which the one
 *  that has it hands over, or which was freed when that one died. */
export const createAssignments = (clock: Clock, config: Config, workers: number) => {
  const assigned = jobsetsOf(config, workers).map(
    (jobset): Assignment => ({
      jobset,
      told: null,
      runner: null,
      unwatchedSinceMs: clock.nowMs(),
      received: undefined,
      counted: null,
    }),
  );
  const ready = new Map<number, WorkerProcess>();
  let open = false;

  const named = (jobset: string): Assignment | undefined =>
    assigned.find(assignment => assignment.jobset.id === jobset);
  const countedIn = ({ received, counted }: Assignment): CountedTicks | null =>
    received ? ticksIn(received) : counted;

  const tell = async (assignment: Assignment, worker: WorkerProcess): Promise<void> => {
    assignment.told = worker;
    try {
      await worker.calls.run(assignment.jobset);
    } catch (cause) {
      // Whoever takes its assignment gets what is new anyway.
      if (assignment.told === worker) throw cause;
    }
  };

  const assign = (): void => {
    if (!open) return;
    for (const [index, assignment] of assigned.entries()) {
      const number = workerFor(index, workers, [...ready.keys()]);
      const worker = number === null ? undefined : ready.get(number);
      if (worker && assignment.told !== worker) void tell(assignment, worker).catch(() => {});
    }
  };

  const unwatch = (assignment: Assignment, counted: CountedTicks | null): void => {
    assignment.counted = counted;
    assignment.received = undefined;
    assignment.runner = null;
    assignment.unwatchedSinceMs = clock.nowMs();
  };

  return {
    /** From now on jobsets are given out: not before the first workers are there, or the first would get all. */
    open: (): void => {
      open = true;
      assign();
    },
    join: (worker: WorkerProcess): void => {
      ready.set(worker.number, worker);
      assign();
    },
    /** It is gone; `free` frees the leases that it held. */
    leave: async (worker: WorkerProcess, free: () => Promise<void>): Promise<void> => {
      if (ready.get(worker.number) === worker) ready.delete(worker.number);
      for (const assignment of assigned) {
        if (assignment.told === worker) assignment.told = null;
        if (assignment.runner === worker) unwatch(assignment, countedIn(assignment));
      }
      await free();
      assign();
    },
    begun: (worker: WorkerProcess, jobset: string): void => {
      const assignment = named(jobset);
      if (!assignment) return;
      const before = assignment.runner;
      assignment.runner = worker;
      if (before && before !== worker) void before.calls.leave(jobset).catch(() => {});
    },
    left: (worker: WorkerProcess, jobset: string, counted: CountedTicks | null): void => {
      const assignment = named(jobset);
      if (!assignment) return;
      if (assignment.runner === worker) unwatch(assignment, counted);
      if (assignment.told === worker) assignment.told = null;
      assign();
    },
    counted: (worker: WorkerProcess, jobset: string, sent: SentTicks): void => {
      const assignment = named(jobset);
      if (assignment?.runner === worker)
        assignment.received = receivedTicks(sent, assignment.received) ?? assignment.received;
    },
    /** What was counted by whoever ran a jobset before, once it has stopped. */
    before: async (jobset: string, asking: WorkerProcess): Promise<CountedTicks | null> => {
      const assignment = named(jobset);
      const untilMs = clock.monotonicMs() + COUNTED_WITHIN_MS;
      while (assignment?.runner && assignment.runner !== asking && clock.monotonicMs() < untilMs)
        await clock.sleep(LOOK_EVERY_MS);
      return assignment ? countedIn(assignment) : null;
    },
    /** Rejects where what has changed is not in force yet: then it is sent again at the next call. */
    update: async (next: Config): Promise<void> => {
      const sending: Promise<void>[] = [];
      for (const [index, jobset] of jobsetsOf(next, workers).entries()) {
        const assignment = assigned[index] as Assignment;
        if (isDeepStrictEqual(assignment.jobset.config, jobset.config)) continue;
        const before = assignment.jobset;
        assignment.jobset = jobset;
        for (const worker of new Set([assignment.told, assignment.runner]))
          if (worker)
            sending.push(
              worker.calls.run(jobset).catch(cause => {
                if (assignment.told !== worker) return;
                assignment.jobset = before;
                throw cause;
              }),
            );
      }
      await Promise.all(sending);
    },
    runnerOf: (id: EndpointId): WorkerProcess | null => assigned[partOf(id, assigned.length)]?.runner ?? null,
    /** Ticks of an endpoint that nobody runs just now. */
    ticksOf: (id: EndpointId) => assigned[partOf(id, assigned.length)]?.counted?.ticks.get(id),
    jobsets: (): readonly string[] => assigned.map(({ jobset }) => jobset.id),
    isRun: (): boolean => assigned.every(({ runner }) => runner !== null),
    isUnwatched: (): boolean =>
      assigned.some(
        ({ runner, unwatchedSinceMs }) => runner === null && clock.nowMs() - unwatchedSinceMs > UNWATCHED_MS,
      ),
  };
};

export type Assignments = ReturnType<typeof createAssignments>;
