/** Time that one evaluation after the other may take of the event loop. */
export type Budget = {
  /** For the next evaluation. */
  readonly begin: (limitMs: number) => void;
  /** Throws once the time is over; `step` says what took long. */
  readonly spend: (step: string) => void;
  /** What took long, where the time is over. */
  readonly spentOn: () => string | null;
};

class BudgetSpent extends Error {
  override name = 'BudgetSpent';
}

/** One object for all: a stack each would cost more than the evaluation that it ends. */
const spent = new BudgetSpent('the time for the evaluation is over');

const threadCpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Counts the thread's own CPU time: a machine that is too busy to run the evaluation makes no test fail. It counts from
 *  the first step that asks, so that an evaluation without long steps costs nothing. */
export const createBudget = (): Budget => {
  let limitMs = 0;
  let fromMs: number | null = null;
  let what: string | null = null;
  return {
    begin: ms => {
      limitMs = ms;
      fromMs = null;
      what = null;
    },
    spend: step => {
      if (what !== null) throw spent;
      if (fromMs === null) {
        fromMs = threadCpuMs();
        return;
      }
      if (threadCpuMs() - fromMs <= limitMs) return;
      what = step;
      throw spent;
    },
    spentOn: () => what,
  };
};
