import type { LogLine } from '../harness/monitor.ts';
import { type Fact, noneOf } from '../scenario.ts';
import { eachArrives } from './deliveries.ts';
import type { Evidence } from './evidence.ts';
import { ticksAddUp } from './ticks.ts';
import { eachFollows } from './transitions.ts';
import { statesAreTrue, unknownIsTrue } from './truth.ts';

/** `stale_after` where a file does not say otherwise, at short intervals. */
const DEFAULT_STALE_MS = 10_000;

/** What holds whatever was done to the monitor. `stoodStillMs`: it read answers so much later than they came. */
export const everyPromise = (
  evidence: Evidence,
  targetNames: readonly string[],
  staleAfterMs: (endpoint: string) => number = () => DEFAULT_STALE_MS,
  stoodStillMs = 0,
): readonly Fact[] => [
  eachFollows(evidence),
  ...eachArrives(evidence, targetNames),
  statesAreTrue(evidence, stoodStillMs),
  ...unknownIsTrue(evidence, staleAfterMs),
  ticksAddUp(evidence),
];

export const isLogged = ({ history }: Pick<Evidence, 'history'>, log: readonly LogLine[]): Fact => {
  const ids = new Set(log.filter(({ kind }) => kind === 'transition').map(({ id }) => String(id)));
  return noneOf(
    'what is saved is in the log',
    history.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    `${history.length} transitions`,
  );
};
