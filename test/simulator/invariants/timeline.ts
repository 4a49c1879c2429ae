import type { RuleId } from '../../../lib/domain/rule.ts';
import type { State } from '../../../lib/domain/transition.ts';
import { SWEEPER } from '../machine/fleet.ts';
import type { Kind, Observation, SeenAs } from '../observation.ts';
import type { Simulated } from '../simulate.ts';
import type { EndpointPlan, World } from '../world/world.ts';

export type Span = { readonly fromMs: number; readonly untilMs: number };

/** A process's time with a jobset under one epoch. */
export type Term = {
  readonly process: string;
  readonly jobset: string;
  readonly epoch: number;
  readonly acquiredAtMs: number;
  /** null: it never began to check. */
  readonly beganAtMs: number | null;
};

/** `uncertain`: the endpoint was edited meanwhile, and whether the result counts depends on the edit. */
export type Result = SeenAs<'checked'> & { readonly uncertain: boolean };

const ENDS = ['asked to stop', 'deadline', 'crashed', 'exited'] as const;

/** When an answer was there at the latest, whenever it was read. */
export const heardAtMs = ({ askedAtMs, atMs }: Result, plan: EndpointPlan): number =>
  Math.min(atMs, askedAtMs + plan.timeoutMs);

const storeAway = (world: World, jobset: string): readonly Span[] =>
  world.faults.flatMap(fault => {
    if (fault.kind !== 'outage' && fault.kind !== 'lossy' && fault.kind !== 'slow-store') return [];
    const meant = fault.kind !== 'outage' || fault.jobset === null || fault.jobset === jobset;
    return meant ? [{ fromMs: fault.atMs, untilMs: fault.atMs + fault.forMs }] : [];
  });

/** Made once for each key. */
const remembered = <Key, Value>(make: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new Map<Key, Value>();
  return key => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
};

type ByKind = <Some extends Kind>(kind: Some) => readonly SeenAs<Some>[];

const termsOf = (all: ByKind): readonly Term[] => {
  const began = new Map(all('began').map(({ process, epoch, atMs }) => [`${process}/${epoch}`, atMs]));
  return all('acquired').map(({ process, jobset, epoch, atMs }) => ({
    process,
    jobset,
    epoch,
    acquiredAtMs: atMs,
    beganAtMs: began.get(`${process}/${epoch}`) ?? null,
  }));
};

const earliest = (all: readonly { readonly atMs: number }[] | undefined): number =>
  all?.[0]?.atMs ?? Number.POSITIVE_INFINITY;

/** From when on nobody may expect of a worker that it checks: it was told to end, or another has its lease. */
const excusesOf = (all: ByKind, terms: readonly Term[]) => {
  const ends = ENDS.map(kind => Map.groupBy(all(kind), ({ process }) => process));
  const handOvers = Map.groupBy(all('hand-over asked'), ({ epoch }) => epoch);
  const byJobset = Map.groupBy(terms, ({ jobset }) => jobset);
  const indexOf = new Map([...byJobset.values()].flatMap(some => some.map((term, index) => [term, index])));
  const takenOverAtMs = (term: Term): number => {
    const some = byJobset.get(term.jobset) ?? [];
    for (let index = (indexOf.get(term) ?? 0) + 1; index < some.length; index++) {
      const later = some[index] as Term;
      if (later.process !== term.process) return later.acquiredAtMs;
    }
    return Number.POSITIVE_INFINITY;
  };
  return {
    takenOverAtMs,
    excusedFromMs: (term: Term): number =>
      Math.min(
        ...ends.map(ofKind => earliest(ofKind.get(term.process))),
        earliest(handOvers.get(term.epoch)),
        takenOverAtMs(term),
      ),
  };
};

/** The first time that a term asked the store to save each of its changes of state: not reminders, nor what tells again
 *  what was withheld. */
const changesIn = (observations: readonly Observation[]): readonly SeenAs<'save issued'>[] => {
  const states = new Map<string, State>();
  const seen = new Set<string>();
  const found: SeenAs<'save issued'>[] = [];
  for (const one of observations) {
    if (one.kind === 'save done' && one.outcome === 'saved')
      states.set(one.transition.ruleId, one.transition.state);
    if (one.kind !== 'save issued') continue;
    const { epoch, transition } = one;
    const own = `${epoch} ${transition.ruleId}`;
    const before = states.get(own) ?? states.get(transition.ruleId) ?? 'unknown';
    states.set(own, transition.state);
    const key = `${epoch} ${transition.id} ${transition.atMs}`;
    if (before !== transition.state && !seen.has(key)) found.push(one as SeenAs<'save issued'>);
    seen.add(key);
  }
  return found;
};

/** What was observed, sorted by what invariants ask for. */
export const timelineOf = ({ world, observations }: Simulated) => {
  const byKind = Map.groupBy(observations, ({ kind }) => kind);
  const all: ByKind = <Some extends Kind>(kind: Some) =>
    (byKind.get(kind) ?? []) as readonly unknown[] as readonly SeenAs<Some>[];
  const terms = termsOf(all);
  const termOf = new Map(terms.map(term => [term.epoch, term]));
  const plans = new Map<RuleId, EndpointPlan>(world.endpoints.map(plan => [plan.id, plan]));
  const edits = all('edited');
  const steps = all('clock stepped').map(({ atMs }) => atMs);
  const pauses = all('paused');
  const asked = Map.groupBy(all('asked'), ({ process }) => process);
  const changes = changesIn(observations);

  const isEdited = (id: RuleId, fromMs: number, untilMs: number): boolean =>
    edits.some(({ edit, atMs }) => edit.endpoint === id && atMs >= fromMs && atMs <= untilMs);

  const results = Map.groupBy(
    all('checked').map(
      (result): Result => ({
        ...result,
        uncertain: edits.length > 0 && isEdited(result.id, result.askedAtMs, result.atMs),
      }),
    ),
    ({ id }) => id,
  );
  const resultsOf = (id: RuleId): readonly Result[] => results.get(id) ?? [];
  const byEpoch = remembered((id: RuleId) => Map.groupBy(resultsOf(id), ({ epoch }) => epoch));

  return {
    all,
    changes,
    inOrder: <Some extends Kind>(...kinds: readonly Some[]): readonly SeenAs<Some>[] =>
      observations.filter((one): one is SeenAs<Some> => (kinds as readonly Kind[]).includes(one.kind)),
    terms,
    termOf: (epoch: number): Term | undefined => termOf.get(epoch),
    ...excusesOf(all, terms),
    /** Whoever watches all the time goes by what the one before vouched for. */
    isLasting: ({ process }: Term): boolean => world.jobsetKind === 'loop' && !process.startsWith(SWEEPER),
    plans,
    isEdited,
    isMoved: (id: RuleId, untilMs: number): boolean =>
      edits.some(({ edit, atMs }) => edit.kind === 'move' && edit.endpoint === id && atMs <= untilMs),
    /** So often was a wall clock set in this time. */
    steps: (fromMs: number, untilMs: number): number =>
      steps.filter(atMs => atMs >= fromMs && atMs <= untilMs).length,
    isStepped: (fromMs: number, untilMs: number): boolean =>
      steps.some(atMs => atMs >= fromMs && atMs <= untilMs),
    pausesOf: remembered((process: string): readonly Span[] =>
      pauses
        .filter(
          paused =>
            paused.process === process || (world.kind === 'machine' && paused.pause.how === 'suspended'),
        )
        .map(({ atMs, pause }) => ({ fromMs: atMs, untilMs: atMs + pause.forMs })),
    ),
    storeAway: remembered((jobset: string): readonly Span[] => storeAway(world, jobset)),
    askedBy: (process: string): readonly SeenAs<'asked'>[] => asked.get(process) ?? [],
    /** Of a rule, in order. */
    resultsOf,
    /** Of a rule in one term. */
    resultsIn: (id: RuleId, epoch: number): readonly Result[] => byEpoch(id).get(epoch) ?? [],
    /** What a term goes by: its own results, and those of others before it took over. */
    chainOf: (id: RuleId, { epoch, jobset, acquiredAtMs }: Term): readonly Result[] => {
      const firstOwn = byEpoch(id).get(epoch)?.[0]?.atMs ?? Number.POSITIVE_INFINITY;
      return resultsOf(id).filter(
        result =>
          result.epoch === epoch ||
          (result.atMs < firstOwn && (result.jobset !== jobset || result.atMs < acquiredAtMs)),
      );
    },
  };
};

export type Timeline = ReturnType<typeof timelineOf>;

export const overlapMs = (spans: readonly Span[], fromMs: number, untilMs: number): number => {
  let ms = 0;
  for (const span of spans)
    ms += Math.max(0, Math.min(span.untilMs, untilMs) - Math.max(span.fromMs, fromMs));
  return ms;
};
