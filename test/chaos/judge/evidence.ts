import type { ExternalTransition } from '../../../lib/wording/external.ts';
import type { Pause } from '../outside/pauses.ts';
import type { Arrival } from '../outside/receiver.ts';
import type { Answers } from '../outside/spans.ts';

export type TicksOf = {
  readonly id: string;
  readonly state: string;
  readonly ticks: {
    readonly due: number;
    readonly run: number;
    readonly late: number;
    readonly missed: number;
  };
};

/** All that is known at the end of a scenario. */
export type Evidence = {
  /** Every saved transition but those of `self`, oldest first. */
  readonly history: readonly ExternalTransition[];
  readonly arrivals: readonly Arrival[];
  readonly answers: Answers;
  /** Of the services themselves. */
  readonly pauses: readonly Pause[];
  readonly endpoints: readonly TicksOf[];
};

const VERSION = /^(.+)#(\d+)(?:-\w+)?$/;

/** Which change of its rule an id says that it is. */
export const versionOf = (id: string): number => Number(VERSION.exec(id)?.[2]);

/** Keyed by plain names, which is what the outside knows. */
export const byEndpoint = <T extends { readonly endpoint: string }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> => Map.groupBy(all, ({ endpoint }): string => endpoint);
