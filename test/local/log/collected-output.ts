import type { Output } from '../../../lib/local/log/output.ts';

/** Keeps what is written; `hold` makes it a reader that takes nothing. */
export const collectedOutput = () => {
  let text = '';
  let waiting = 0;
  let held = false;
  const output: Output = {
    write: more => {
      text += more;
      if (held) waiting += more.length;
    },
    waitingBytes: () => waiting,
    flush: async () => {},
  };
  return {
    output,
    text: () => text,
    lines: () => text.split('\n').filter(line => line !== ''),
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      waiting = 0;
    },
  };
};

/** A clock that stands until it is told to go on. */
export const manualClock = (startMs: number) => {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  return {
    clock: {
      nowMs: () => nowMs,
      uptimeMs: () => nowMs,
      monotonicMs: () => nowMs,
      after: (ms: number, run: () => void) => {
        const timer = { atMs: nowMs + ms, run };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
      sleep: async () => {},
    },
    advance: (ms: number) => {
      nowMs += ms;
      for (const timer of [...timers]) {
        if (timer.atMs > nowMs || !timers.delete(timer)) continue;
        timer.run();
      }
    },
  };
};
