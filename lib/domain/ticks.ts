/** Due instants of one endpoint, counted: `due = run + missed`, always. */
export type Ticks = {
  readonly due: number;
  readonly run: number;
  /** Ticks that were run, and started more than 10% of the interval after they were due. */
  readonly late: number;
  readonly missed: number;
};
