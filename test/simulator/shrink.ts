import { violationsOf } from './invariants/all.ts';
import type { Violation } from './invariants/invariant.ts';
import { NONE, type Sabotage } from './sabotage.ts';
import { type Simulated, simulate } from './simulate.ts';
import type { EndpointPlan, TargetPlan, World } from './world/world.ts';

/** Worlds that are tried at most: some 10 ms each. */
const MOST_TRIES = 400;

export type Broken = { readonly simulated: Simulated; readonly violations: readonly Violation[] };

const without = <One>(all: readonly One[], index: number): readonly One[] =>
  all.filter((_, at) => at !== index);

const quieter = <Plan extends EndpointPlan | TargetPlan>(
  plans: readonly Plan[],
  quiet: (plan: Plan) => Plan,
): readonly (readonly Plan[])[] =>
  plans.map((_, index) => plans.map((plan, at) => (at === index ? quiet(plan) : plan)));

/** Worlds with something taken out of this one, the most first. */
const smaller = function* (world: World): Generator<World> {
  const { faults, endpoints, targets, jobsets } = world;
  const half = Math.ceil(faults.length / 2);
  if (faults.length > 2) {
    yield { ...world, faults: faults.slice(half) };
    yield { ...world, faults: faults.slice(0, half) };
  }
  for (const index of faults.keys()) yield { ...world, faults: without(faults, index) };
  if (jobsets.length > 1) {
    const [first = ''] = jobsets;
    yield {
      ...world,
      jobsets: [first],
      endpoints: endpoints.map(plan => ({ ...plan, jobset: first })),
      faults: faults.map(fault =>
        'jobset' in fault && fault.jobset !== null ? { ...fault, jobset: first } : fault,
      ),
    };
  }
  if (endpoints.length > 1)
    for (const index of endpoints.keys()) yield { ...world, endpoints: without(endpoints, index) };
  for (const changed of quieter(endpoints, plan => ({
    ...plan,
    service: [],
    dependsOn: [],
    remindEveryMs: null,
  })))
    yield { ...world, endpoints: changed };
  for (const changed of quieter(endpoints, plan => ({ ...plan, service: plan.service.slice(0, -2) })))
    yield { ...world, endpoints: changed };
  for (const changed of quieter(targets, plan => ({ ...plan, changes: [] })))
    yield { ...world, targets: changed };
  yield { ...world, driftRatio: 0 };
  const lastMs = Math.max(1000, ...faults.map(fault => fault.atMs + ('forMs' in fault ? fault.forMs : 0)));
  yield { ...world, faultsUntilMs: lastMs };
};

/** As small a world as still breaks the same invariant. */
export const shrink = async (broken: Broken, sabotage: Sabotage = NONE): Promise<Broken> => {
  const wanted = broken.violations[0]?.invariant;
  let best = broken;
  let tries = 0;
  const improve = async (): Promise<boolean> => {
    const size = JSON.stringify(best.simulated.world).length;
    for (const world of smaller(best.simulated.world)) {
      if (JSON.stringify(world).length >= size) continue;
      if (tries++ >= MOST_TRIES) return false;
      const simulated = await simulate(world, sabotage);
      const violations = violationsOf(simulated).filter(({ invariant }) => invariant === wanted);
      if (violations.length === 0) continue;
      best = { simulated, violations };
      return true;
    }
    return false;
  };
  while (await improve());
  return best;
};
