/** Time that the tests of one answer may take of the event loop. */
export type Budget = {
  /** For the next answer. */
  readonly begin: (limitMs: number) => void;
  /** Throws once the time is over; `step` says what took long. */
  readonly spend: (step: () => string) => void;
  /** Once the time is over: after how long, and what took it. */
  readonly end: () => string | null;
};

class BudgetSpent extends Error {
  override name = 'BudgetSpent';
}

/** One object for all: a stack each would cost more than the evaluation that it ends. */
const spent = new BudgetSpent('the time for the evaluation is over');

/** To ask for the CPU time costs as much as a step of a loop; to ask for the time of day a tenth of it. */
const BETWEEN_CPU_LOOKS_MS = 1;

const threadCpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

const createBudget = (): Budget => {
  let limitMs = 0;
  let fromCpuMs: number | null = null;
  let lookAtMs = 0;
  let end: string | null = null;
  return {
    begin: ms => {
      limitMs = ms;
      fromCpuMs = null;
      lookAtMs = 0;
      end = null;
    },
    spend: step => {
      if (end !== null) throw spent;
      const nowMs = performance.now();
      if (nowMs < lookAtMs) return;
      lookAtMs = nowMs + BETWEEN_CPU_LOOKS_MS;
      if (fromCpuMs === null) {
        fromCpuMs = threadCpuMs();
        return;
      }
      if (threadCpuMs() - fromCpuMs <= limitMs) return;
      end = `ended after ${Number(limitMs.toFixed(1))} ms, ${step()} took too long on this answer`;
      throw spent;
    },
    end: () => end,
  };
};

/** One for all: what is evaluated is evaluated to its end before the next. It counts the thread's own CPU time, as a
 *  machine that is too busy to run the evaluation must make no test fail, and from the first step that asks, so that an
 *  evaluation without long steps costs nothing. */
export const budget = createBudget();
