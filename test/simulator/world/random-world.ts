import type { JobsetKind } from '../../../lib/domain/jobset.ts';
import { endpointId } from '../../support/endpoints.ts';
import { between, chance, pick, type Random, randomOf, spanBetween, wholeBetween } from './random.ts';
import {
  type Edit,
  type EndpointPlan,
  FAULTS,
  type Fault,
  type ServiceChange,
  type TargetChange,
  type TargetPlan,
  type World,
} from './world.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LEAST_MS = 20_000;
const MOST_MS = 4 * MINUTE_MS;
const OFTEN_MS = [500, 1000, 2000, 5000, 10_000];
const SELDOM_MS = [MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS];
/** Faults of a world of bursts come over so much more time. */
const BURST_RATIO = 10;
const MOST_ENDPOINTS = 3;
const MOST_FAULTS = 6;

/** Changes of mode, each for a while, and `up` again at the end of faults. */
const changesOf = <Mode extends string>(
  random: Random,
  untilMs: number,
  most: number,
  modes: readonly Mode[],
): readonly { readonly atMs: number; readonly mode: Mode | 'up' }[] => {
  const changes: { atMs: number; mode: Mode | 'up' }[] = [];
  let atMs = 0;
  for (let left = wholeBetween(random, 0, most); left > 0; left--) {
    atMs += Math.round(between(random, 0, untilMs / 2));
    const backAtMs = atMs + spanBetween(random, 100, 60 * SECOND_MS);
    if (backAtMs >= untilMs) break;
    changes.push({ atMs, mode: pick(random, modes) }, { atMs: backAtMs, mode: 'up' });
    atMs = backAtMs;
  }
  return changes;
};

const serviceOf = (random: Random, untilMs: number): readonly ServiceChange[] => {
  const changes = changesOf(random, untilMs, 4, ['down', 'down', 'silent']);
  return chance(random, 0.2) ? [...changes, { atMs: untilMs, mode: 'down' }] : changes;
};

const endpointOfWorld = (
  random: Random,
  id: string,
  {
    jobsetKind,
    jobsets,
    targets,
    untilMs,
    before,
  }: {
    readonly jobsetKind: JobsetKind;
    readonly jobsets: readonly string[];
    readonly targets: readonly TargetPlan[];
    readonly untilMs: number;
    readonly before: readonly string[];
  },
): EndpointPlan => {
  const everyMs = pick(random, jobsetKind === 'burst' ? SELDOM_MS : OFTEN_MS);
  const failEveryMs = jobsetKind === 'burst' || chance(random, 0.7) ? everyMs : pick(random, OFTEN_MS);
  const timeoutMs = Math.min(pick(random, [500, 1000, 3000]), everyMs);
  const longestMs = Math.max(everyMs, failEveryMs);
  return {
    id: endpointId(id),
    jobset: pick(random, jobsets),
    everyMs,
    failEveryMs,
    timeoutMs,
    staleAfterMs: Math.max(3 * longestMs, pick(random, [5000, 10_000, 20_000])),
    failureThreshold: pick(random, [1, 1, 2, 3]),
    successThreshold: pick(random, [1, 1, 2]),
    remindEveryMs: chance(random, 0.2) ? 10_000 : null,
    latencyLimitMs: chance(random, 0.2) ? timeoutMs / 2 : null,
    targets: targets.filter(() => chance(random, 0.8)).map(({ name }) => name),
    dependsOn: chance(random, 0.15) ? before.slice(0, 1) : [],
    answersAfterMs: Math.round(between(random, 1, timeoutMs / 4)),
    service: serviceOf(random, untilMs),
  };
};

const targetOfWorld = (random: Random, name: string, untilMs: number): TargetPlan => ({
  name,
  maxPerSecond: pick(random, [1, 10, 1000]),
  answersAfterMs: Math.round(between(random, 1, 200)),
  changes: changesOf<Exclude<TargetChange['mode'], 'up'>>(random, untilMs, 2, [
    'down',
    'down',
    'slow',
    'forgetful',
    'refusing',
  ]),
});

/** On one machine an endpoint stays in its jobset for as long as the monitor runs. */
const editOf = (
  random: Random,
  { kind: world, jobsets }: Pick<World, 'kind' | 'jobsets'>,
  endpoint: string,
): Edit => {
  const kinds = ['remove', 'add', 'disable', 'enable'] as const;
  const kind = pick(random, world === 'cloud' ? [...kinds, 'move' as const] : kinds);
  return kind === 'move' ? { kind, endpoint, jobset: pick(random, jobsets) } : { kind, endpoint };
};

/** On one machine clocks are set by up to a day; those of the cloud stay together. */
const stepOf = (random: Random, kind: World['kind']): number =>
  (chance(random, 0.5) ? 1 : -1) *
  (kind === 'cloud' ? spanBetween(random, 20, 200) : spanBetween(random, SECOND_MS, DAY_MS));

const faultOf = (
  random: Random,
  kind: Fault['kind'],
  world: Pick<World, 'kind' | 'jobsets' | 'endpoints' | 'faultsUntilMs'>,
): Fault => {
  const atMs = Math.round(between(random, 0, world.faultsUntilMs));
  const leftMs = Math.max(1, world.faultsUntilMs - atMs);
  const jobset = pick(random, world.jobsets);
  const forUpTo = (mostMs: number): number => Math.min(leftMs, spanBetween(random, 50, mostMs));
  switch (kind) {
    case 'outage': {
      const how = pick(random, ['refused', 'silent'] as const);
      return { atMs, kind, forMs: forUpTo(2 * MINUTE_MS), how, jobset: chance(random, 0.5) ? null : jobset };
    }
    case 'lossy': {
      const lost = pick(random, ['request', 'answer'] as const);
      return { atMs, kind, forMs: forUpTo(MINUTE_MS), ratio: pick(random, [0.1, 0.5, 1]), lost };
    }
    case 'slow-store':
      return { atMs, kind, forMs: forUpTo(MINUTE_MS), delayMs: spanBetween(random, 10, 4000) };
    case 'pause': {
      const how = pick(random, ['stopped', 'stopped', 'suspended'] as const);
      return {
        atMs,
        kind,
        jobset,
        forMs: spanBetween(random, 50, 10 * MINUTE_MS),
        how,
        answersFirst: chance(random, 0.5),
      };
    }
    case 'step':
      return { atMs, kind, jobset, byMs: stepOf(random, world.kind) };
    case 'crash':
    case 'restart':
      return { atMs, kind, jobset, backAfterMs: spanBetween(random, 100, MINUTE_MS) };
    case 'relief':
      return { atMs, kind, jobset };
    case 'edit':
      return { atMs, kind, edit: editOf(random, world, pick(random, world.endpoints).id) };
    default:
      return kind satisfies never;
  }
};

/** All of a world follows from its seed. Half of them have one kind of fault only, the others any. */
export const worldOf = (seed: number, faults: readonly Fault['kind'][] = FAULTS): World => {
  const random = randomOf(seed, 'world');
  const kind = chance(random, 0.5) ? 'machine' : 'cloud';
  const jobsetKind: JobsetKind = kind === 'cloud' && chance(random, 0.2) ? 'burst' : 'loop';
  const faultsUntilMs = spanBetween(random, LEAST_MS, MOST_MS) * (jobsetKind === 'burst' ? BURST_RATIO : 1);
  const jobsets = chance(random, 0.75) ? ['loop-0'] : ['loop-0', 'loop-1'];
  const names = ['ops', 'chat'].slice(0, wholeBetween(random, 1, 2));
  const targets = names.map(name => targetOfWorld(randomOf(seed, name), name, faultsUntilMs));
  const endpoints: EndpointPlan[] = [];
  for (const id of ['shop', 'api', 'mail'].slice(0, wholeBetween(random, 1, MOST_ENDPOINTS))) {
    const before = endpoints.map(endpoint => endpoint.id);
    const given = { jobsetKind, jobsets, targets, untilMs: faultsUntilMs, before };
    endpoints.push(endpointOfWorld(randomOf(seed, id), id, given));
  }
  const known = FAULTS.filter(fault => faults.includes(fault));
  const kinds = chance(random, 0.5) ? [pick(random, known)] : known;
  const world = { kind, faultsUntilMs, jobsets, endpoints } as const;
  const drawn = Array.from({ length: wholeBetween(random, 1, MOST_FAULTS) }, () =>
    faultOf(random, pick(random, kinds), world),
  );
  const lastMs = Math.max(...drawn.map(fault => fault.atMs + (fault.kind === 'pause' ? fault.forMs : 0)));
  return {
    ...world,
    seed,
    jobsetKind,
    comesEveryMs: MINUTE_MS,
    // A world does not end before its last pause does.
    faultsUntilMs: Math.max(faultsUntilMs, lastMs),
    maxInFlight: pick(random, [1, 2, 100]),
    driftRatio: pick(random, [0, 0, 5e-5, -5e-5, 3e-4]),
    targets,
    faults: drawn.toSorted((a, b) => a.atMs - b.atMs),
  };
};
