import type { Simulated } from '../simulate.ts';
import type { Timeline } from './timeline.ts';

export type Violation = { readonly invariant: string; readonly atMs: number; readonly message: string };

/** What must hold in every world. It sees what was observed and what is true of the services, nothing of the engine. */
export type Invariant = {
  readonly name: string;
  /** Of which number in the design. */
  readonly promises: readonly number[];
  readonly broken: (
    simulated: Simulated,
    timeline: Timeline,
  ) => Iterable<{ readonly atMs: number; readonly message: string }>;
};
