import { type LoopReading, sumReadings, totalsOf } from '../../engine/measures/loop-reading.ts';
import type { WorkerUsage } from '../http/source.ts';
import type { Pulse } from './messages.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Looks without a word, a second apart: the leases of such a process are lost anyway, and it is ended. Looks are counted
 *  and not time, because a machine that was suspended wakes up with time passed and nobody at fault. */
const MOST_SILENT_LOOKS = 10;
/** To start may take its time where many do at once. */
const MOST_SILENT_LOOKS_AT_START = 60;
const STALLED_AFTER_LOOKS = 5;

type Known = { pulse: Pulse | null; silentLooks: number };

const nothing = sumReadings([]);

/** What the worker processes last said of themselves. */
export const createPulses = () => {
  const known = new Map<WorkerProcess, Known>();
  /** Totals of those that are gone. */
  let gone: LoopReading = nothing;

  return {
    join: (process: WorkerProcess): void => {
      known.set(process, { pulse: null, silentLooks: 0 });
    },
    leave: (process: WorkerProcess): void => {
      const reading = known.get(process)?.pulse?.reading ?? nothing;
      gone = totalsOf(sumReadings([gone, reading]));
      known.delete(process);
    },
    heard: (process: WorkerProcess, pulse: Pulse): void => {
      const one = known.get(process);
      if (one) one.pulse = pulse;
    },
    /** To be called once a second. */
    look: (onHung: (process: WorkerProcess) => void): void => {
      for (const [process, one] of known) {
        one.silentLooks = process.takeSignOfLife() ? 0 : one.silentLooks + 1;
        if (one.silentLooks === (one.pulse ? MOST_SILENT_LOOKS : MOST_SILENT_LOOKS_AT_START)) onHung(process);
      }
    },
    reading: (): LoopReading => {
      const readings = Array.from(known.values(), ({ pulse, silentLooks }) => {
        const reading = pulse?.reading ?? nothing;
        return { ...reading, stalled: reading.stalled || silentLooks >= STALLED_AFTER_LOOKS };
      });
      return sumReadings([gone, ...readings]);
    },
    usage: (): readonly WorkerUsage[] =>
      Array.from(known, ([{ number }, { pulse }]) => ({
        number,
        endpoints: pulse?.reading.endpoints ?? 0,
        cpuS: pulse?.cpuS ?? 0,
        residentBytes: pulse?.residentBytes ?? 0,
      })),
  };
};
