import { uptime } from 'node:os';

export type Clock = {
  /** Unix epoch, with fractions of a millisecond; follows corrections of the system's clock. */
  readonly nowMs: () => number;
  /** Since an arbitrary start; never goes back. For spans only. Stands still while the machine is suspended. */
  readonly monotonicMs: () => number;
  /** Since an arbitrary start, suspended or not; to some 10 ms, and 20 µs a call. */
  readonly uptimeMs: () => number;
  /** Calls `run` once after `ms`, or a little early: check the time again. Returns its cancellation. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** Longer timeouts make Node fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const after: Clock['after'] = (ms, run) => {
  // What is overdue waits for what can be read now, and not for Node's next millisecond.
  if (ms <= 0) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(run, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMEOUT_MS));
  return () => clearTimeout(timer);
};

/** `Clock.sleep` over any `after`. */
export const sleepWith =
  (timer: Clock['after']): Clock['sleep'] =>
  (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = timer(ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });

/** `Date.now()` has whole milliseconds: `performance.now()` adds the fraction, held inside that millisecond. */
const preciseNow = (): (() => number) => {
  let offsetMs = performance.timeOrigin;
  return () => {
    const wallMs = Date.now();
    const estimateMs = offsetMs + performance.now();
    if (estimateMs >= wallMs && estimateMs < wallMs + 1) return estimateMs;
    const correctedMs = estimateMs < wallMs ? wallMs : wallMs + 0.999;
    offsetMs += correctedMs - estimateMs;
    return correctedMs;
  };
};

export const systemClock: Clock = {
  nowMs: preciseNow(),
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
  after,
  sleep: sleepWith(after),
};
