import type { Simulated } from '../simulate.ts';
import { bounds } from './bounds.ts';
import { deliveries } from './deliveries.ts';
import { epochs } from './epochs.ts';
import { identities } from './identities.ts';
import type { Invariant, Violation } from './invariant.ts';
import { secrets } from './secrets.ts';
import { settling } from './settling.ts';
import { shownStates } from './shown.ts';
import { silence } from './silence.ts';
import { standstill } from './standstill.ts';
import { ticks } from './ticks.ts';
import { timelineOf } from './timeline.ts';
import { verdicts } from './verdicts.ts';

/** Numbers 10 and 12 of the design speak of triggers and actions, 11 of heartbeats and 15 of what services answer: theirs
 *  come with those. */
const invariants: readonly Invariant[] = [
  epochs,
  identities,
  deliveries,
  standstill,
  ticks,
  verdicts,
  silence,
  shownStates,
  secrets,
  bounds,
  settling,
];

/** In order of time. */
export const violationsOf = (simulated: Simulated): readonly Violation[] => {
  const timeline = timelineOf(simulated);
  return invariants
    .flatMap(({ name, broken }) =>
      Array.from(broken(simulated, timeline), violation => ({ invariant: name, ...violation })),
    )
    .sort((a, b) => a.atMs - b.atMs);
};
