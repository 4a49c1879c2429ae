import { endpointId } from '../support/endpoints.ts';
import { violationsOf } from './invariants/all.ts';
import type { Violation } from './invariants/invariant.ts';
import { simulate } from './simulate.ts';
import { between, pick, type Random, randomOf, spanBetween } from './world/random.ts';
import type { EndpointPlan, Fault, ServiceChange, World } from './world/world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const HANDED_OVER_EVERY_MS = 15 * MINUTE_MS;
const JOBSET = 'burst-0';

const oncePerDay = <One>(days: number, of: (fromMs: number) => One): readonly One[] =>
  Array.from({ length: days }, (_, day) => of(day * DAY_MS));

/** An outage of some hours a day. */
const serviceOf = (random: Random, days: number): readonly ServiceChange[] =>
  oncePerDay(days, fromMs => {
    const downMs = fromMs + between(random, HOUR_MS, 12 * HOUR_MS);
    const mode = pick(random, ['down', 'silent'] as const);
    return [
      { atMs: downMs, mode },
      { atMs: downMs + spanBetween(random, MINUTE_MS, 8 * HOUR_MS), mode: 'up' as const },
    ];
  }).flat();

const endpointOfYear = (id: string, everyMs: number, days: number): EndpointPlan => ({
  id: endpointId(id),
  jobset: JOBSET,
  everyMs,
  failEveryMs: everyMs,
  timeoutMs: 3000,
  staleAfterMs: 4 * everyMs,
  failureThreshold: 2,
  successThreshold: 1,
  remindEveryMs: 4 * HOUR_MS,
  latencyLimitMs: null,
  targets: ['ops'],
  dependsOn: [],
  answersAfterMs: 200,
  service: serviceOf(randomOf(days, id), days),
});

/** Each day the store is away for some time, and answers get lost. */
const faultsOf = (random: Random, days: number): readonly Fault[] =>
  oncePerDay(days, (fromMs): readonly Fault[] => {
    const [first, second] = [between(random, 0, 12 * HOUR_MS), between(random, 13 * HOUR_MS, 23 * HOUR_MS)];
    const forMs = spanBetween(random, MINUTE_MS, 2 * HOUR_MS);
    const lost = pick(random, ['request', 'answer'] as const);
    return [
      { atMs: fromMs + first, kind: 'outage', forMs, how: 'refused', jobset: null },
      { atMs: fromMs + second, kind: 'lossy', forMs, ratio: 0.2, lost },
    ];
  }).flat();

const yearOf = (days: number): World => ({
  seed: days,
  kind: 'cloud',
  jobsetKind: 'burst',
  comesEveryMs: HANDED_OVER_EVERY_MS,
  faultsUntilMs: days * DAY_MS,
  jobsets: [JOBSET],
  maxInFlight: 100,
  driftRatio: 0,
  endpoints: [
    endpointOfYear('shop', 15 * MINUTE_MS, days),
    endpointOfYear('api', 30 * MINUTE_MS, days),
    endpointOfYear('mail', HOUR_MS, days),
  ],
  targets: [{ name: 'ops', maxPerSecond: 10, answersAfterMs: 100, changes: [] }],
  faults: faultsOf(randomOf(days, 'faults'), days),
});

/** One jobset of seldom checks, which a new worker takes over every quarter of an hour. */
export const simulateYear = async (
  days: number,
): Promise<{ readonly handOvers: number; readonly violations: readonly Violation[] }> => {
  const simulated = await simulate(yearOf(days));
  const handOvers = simulated.observations.filter(({ kind }) => kind === 'acquired').length;
  return { handOvers, violations: violationsOf(simulated) };
};
