import { NONE, type Sabotage } from './sabotage.ts';
import { type Broken, shrink } from './shrink.ts';
import { transcriptOf } from './transcript.ts';
import { FAULTS, type Fault } from './world/world.ts';

const isAll = (faults: readonly Fault['kind'][]): boolean => faults.length === FAULTS.length;

/** For a person: what broke in the smallest world that breaks it, what led to it, and how to see it again. */
export const reportOf = async (
  broken: Broken,
  faults: readonly Fault['kind'][],
  sabotage: Sabotage = NONE,
): Promise<string> => {
  const { simulated, violations } = await shrink(broken, sabotage);
  const { world, observations } = simulated;
  const only = isAll(faults) ? '' : ` --faults ${faults.join(',')}`;
  return [
    transcriptOf(world, observations, violations),
    '',
    `The smallest world of seed ${world.seed} that breaks it. Run it again: npm run simulate -- --seed ${world.seed}${only}`,
  ].join('\n');
};
