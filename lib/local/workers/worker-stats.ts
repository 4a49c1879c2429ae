import { type LoopReading, sumReadings, totalsOf } from '../../engine/measures/loop-reading.ts';
import type { WorkerUsage } from '../http/source.ts';
import type { WorkerStats } from './messages.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Looks without a word, a second apart: the leases of such a process are lost anyway, and it is ended. Looks are counted
 *  and not time, because a machine that was suspended wakes up with time passed and nobody at fault. */
const MOST_SILENT_LOOKS = 10;
/** To start may take its time where many do at once. */
const MOST_SILENT_LOOKS_AT_START = 60;
const STALLED_AFTER_LOOKS = 5;

type Known = { stats: WorkerStats | null; silentLooks: number };

const nothing = sumReadings([]);

/** What the worker processes last said of themselves. */
export const createWorkerStats = () => {
  const known = new Map<WorkerProcess, Known>();
  /** Totals of those that are gone. */
  let gone: LoopReading = nothing;

  return {
    join: (worker: WorkerProcess): void => {
      known.set(worker, { stats: null, silentLooks: 0 });
    },
    leave: (worker: WorkerProcess): void => {
      const reading = known.get(worker)?.stats?.reading ?? nothing;
      gone = totalsOf(sumReadings([gone, reading]));
      known.delete(worker);
    },
    heard: (worker: WorkerProcess, stats: WorkerStats): void => {
      const one = known.get(worker);
      if (one) one.stats = stats;
    },
    /** To be called once a second. */
    look: (onHung: (worker: WorkerProcess) => void): void => {
      for (const [worker, one] of known) {
        one.silentLooks = worker.takeSignOfLife() ? 0 : one.silentLooks + 1;
        if (one.silentLooks === (one.stats ? MOST_SILENT_LOOKS : MOST_SILENT_LOOKS_AT_START)) onHung(worker);
      }
    },
    reading: (): LoopReading => {
      const readings = Array.from(known.values(), ({ stats, silentLooks }) => {
        const reading = stats?.reading ?? nothing;
        return { ...reading, stalled: reading.stalled || silentLooks >= STALLED_AFTER_LOOKS };
      });
      return sumReadings([gone, ...readings]);
    },
    usage: (): readonly WorkerUsage[] =>
      Array.from(known, ([{ number }, { stats }]) => ({
        number,
        endpoints: stats?.reading.endpoints ?? 0,
        cpuS: stats?.cpuS ?? 0,
        residentBytes: stats?.residentBytes ?? 0,
      })),
  };
};
