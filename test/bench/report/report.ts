import type { Measurement } from '../benchmark.ts';
import type { Machine } from '../harness/machine.ts';

/** All of a run: what `--json` prints. */
export type Report = {
  readonly machine: Machine;
  readonly rounds: number;
  readonly tookMs: number;
  readonly benchmarks: readonly {
    readonly name: string;
    readonly measures: string;
    readonly tookMs: number;
    readonly measurements: readonly Measurement[];
  }[];
};

export const missedGoals = ({ benchmarks }: Report): number =>
  benchmarks
    .flatMap(({ measurements }) => measurements.flatMap(({ goals }) => goals))
    .filter(goal => !goal.reached).length;
