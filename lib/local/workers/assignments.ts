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
type Place = {
  jobset: Jobset;
  /** Who was told to run it: while another still does, it waits for the lease. */
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

/** Who runs which jobset. A jobset is given to another worker by telling that one: it takes the lease, which the one
 *  that has it hands over, or which was freed when that one died. */
export const createRoster = (clock: Clock, config: Config, workers: number) => {
  const places = jobsetsOf(config, workers).map(
    (jobset): Place => ({
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

  const named = (jobset: string): Place | undefined => places.find(place => place.jobset.id === jobset);
  const countedIn = ({ received, counted }: Place): CountedTicks | null =>
    received ? ticksIn(received) : counted;

  const tell = async (place: Place, process: WorkerProcess): Promise<void> => {
    place.told = process;
    try {
      await process.calls.run(place.jobset);
    } catch (cause) {
      // Whoever takes its place gets what is new anyway.
      if (place.told === process) throw cause;
    }
  };

  const assign = (): void => {
    if (!open) return;
    for (const [index, place] of places.entries()) {
      const number = workerFor(index, workers, [...ready.keys()]);
      const process = number === null ? undefined : ready.get(number);
      if (process && place.told !== process) void tell(place, process).catch(() => {});
    }
  };

  const unwatch = (place: Place, counted: CountedTicks | null): void => {
    place.counted = counted;
    place.received = undefined;
    place.runner = null;
    place.unwatchedSinceMs = clock.nowMs();
  };

  return {
    /** From now on jobsets are given out: not before the first workers are there, or the first would get all. */
    open: (): void => {
      open = true;
      assign();
    },
    join: (process: WorkerProcess): void => {
      ready.set(process.number, process);
      assign();
    },
    /** It is gone; `free` frees the leases that it held. */
    leave: async (process: WorkerProcess, free: () => Promise<void>): Promise<void> => {
      if (ready.get(process.number) === process) ready.delete(process.number);
      for (const place of places) {
        if (place.told === process) place.told = null;
        if (place.runner === process) unwatch(place, countedIn(place));
      }
      await free();
      assign();
    },
    begun: (process: WorkerProcess, jobset: string): void => {
      const place = named(jobset);
      if (!place) return;
      const before = place.runner;
      place.runner = process;
      if (before && before !== process) void before.calls.leave(jobset).catch(() => {});
    },
    left: (process: WorkerProcess, jobset: string, counted: CountedTicks | null): void => {
      const place = named(jobset);
      if (!place) return;
      if (place.runner === process) unwatch(place, counted);
      if (place.told === process) place.told = null;
      assign();
    },
    counted: (process: WorkerProcess, jobset: string, sent: SentTicks): void => {
      const place = named(jobset);
      if (place?.runner === process) place.received = receivedTicks(sent, place.received) ?? place.received;
    },
    /** What was counted by whoever ran a jobset before, once it has stopped. */
    before: async (jobset: string, asking: WorkerProcess): Promise<CountedTicks | null> => {
      const place = named(jobset);
      const untilMs = clock.monotonicMs() + COUNTED_WITHIN_MS;
      while (place?.runner && place.runner !== asking && clock.monotonicMs() < untilMs)
        await clock.sleep(LOOK_EVERY_MS);
      return place ? countedIn(place) : null;
    },
    /** Rejects where what has changed is not in force yet: then it is sent again at the next call. */
    update: async (next: Config): Promise<void> => {
      const sending: Promise<void>[] = [];
      for (const [index, jobset] of jobsetsOf(next, workers).entries()) {
        const place = places[index] as Place;
        if (isDeepStrictEqual(place.jobset.config, jobset.config)) continue;
        const before = place.jobset;
        place.jobset = jobset;
        for (const process of new Set([place.told, place.runner]))
          if (process)
            sending.push(
              process.calls.run(jobset).catch(cause => {
                if (place.told !== process) return;
                place.jobset = before;
                throw cause;
              }),
            );
      }
      await Promise.all(sending);
    },
    runnerOf: (id: EndpointId): WorkerProcess | null => places[partOf(id, places.length)]?.runner ?? null,
    /** Of an endpoint that nobody runs just now. */
    ticksOf: (id: EndpointId) => places[partOf(id, places.length)]?.counted?.ticks.get(id),
    jobsets: (): readonly string[] => places.map(({ jobset }) => jobset.id),
    isRun: (): boolean => places.every(({ runner }) => runner !== null),
    isUnwatched: (): boolean =>
      places.some(
        ({ runner, unwatchedSinceMs }) => runner === null && clock.nowMs() - unwatchedSinceMs > UNWATCHED_MS,
      ),
  };
};

export type Roster = ReturnType<typeof createRoster>;
