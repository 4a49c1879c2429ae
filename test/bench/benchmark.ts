import type { Percentiles } from './arithmetic/percentile.ts';
import type { Spread } from './arithmetic/spread.ts';
import type { Cores } from './harness/cores.ts';

/** What one process measured of itself in one round, after its warm-up. */
export type Sample = {
  readonly operations: number;
  readonly wallMs: number;
  /** User and system time of this process alone. */
  readonly cpuMs: number;
  readonly latency: Percentiles | null;
  /** The most that was resident, from the start of the process. */
  readonly peakBytes: number;
  readonly facts: { readonly [name: string]: number };
  /** Operations that did not go as they should: a figure with any is worth nothing. */
  readonly failures: { readonly count: number; readonly first: string } | null;
};

export type Figures = {
  readonly perSecond: Spread | null;
  readonly cpuUs: Spread | null;
  readonly coreRatio: Spread | null;
  readonly p50Ms: Spread | null;
  readonly p99Ms: Spread | null;
  readonly maxMs: Spread | null;
  readonly peakMb: Spread | null;
};

export type Goal = {
  readonly name: string;
  readonly limit: number;
  readonly measured: number | null;
  readonly unit: string;
  readonly reached: boolean;
};

/** One row of the report. */
export type Measurement = {
  readonly subject: string;
  /** What is counted: `check`, `transition`. */
  readonly operation: string;
  readonly figures: Figures;
  /** CPU per operation, against a reference of the same run. */
  readonly ratio: { readonly to: string; readonly times: Spread } | null;
  readonly facts: { readonly [name: string]: Spread };
  readonly goals: readonly Goal[];
  readonly notes: readonly string[];
};

export type Context = {
  readonly rounds: number;
  /** null: not pinned. */
  readonly cores: Cores | null;
  readonly progress: (line: string) => void;
  /** Aborts when the user gives up. */
  readonly signal: AbortSignal;
};

export type Benchmark = {
  /** One line: what is measured, and against what. */
  readonly measures: string;
  /** Part of `npm run bench` without names. */
  readonly inDefaultSuite: boolean;
  readonly run: (context: Context) => Promise<readonly Measurement[]>;
};
