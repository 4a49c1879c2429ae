import type { RuleId } from '../../../lib/domain/rule.ts';
import type { State } from '../../../lib/domain/transition.ts';
import type { Kind, SeenAs } from '../observation.ts';
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

/** What was observed, sorted by what invariants ask for. */
export const timelineOf = ({ world, observations }: Simulated) => {
  const byKind = Map.groupBy(observations, ({ kind }) => kind);
  const all = <Some extends Kind>(kind: Some): readonly SeenAs<Some>[] =>
    (byKind.get(kind) ?? []) as readonly unknown[] as readonly SeenAs<Some>[];

  const began = new Map(all('began').map(({ process, epoch, atMs }) => [`${process}/${epoch}`, atMs]));
  const terms = all('acquired').map(
    ({ process, jobset, epoch, atMs }): Term => ({
      process,
      jobset,
      epoch,
      acquiredAtMs: atMs,
      beganAtMs: began.get(`${process}/${epoch}`) ?? null,
    }),
  );
  const termOf = new Map(terms.map(term => [term.epoch, term]));
  const plans = new Map<RuleId, EndpointPlan>(world.endpoints.map(plan => [plan.id, plan]));
  const edits = all('edited');
  const steps = all('clock stepped').map(({ atMs }) => atMs);
  const pauses = all('paused');

  const isEdited = (id: RuleId, fromMs: number, untilMs: number): boolean =>
    edits.some(({ edit, atMs }) => edit.endpoint === id && atMs >= fromMs && atMs <= untilMs);

  const results = new Map<RuleId, Result[]>(world.endpoints.map(({ id }) => [id, []]));
  for (const result of all('checked')) {
    const uncertain = edits.length > 0 && isEdited(result.id, result.askedAtMs, result.atMs);
    results.get(result.id)?.push({ ...result, uncertain });
  }

  const ends = ENDS.flatMap(kind => all(kind));
  const handOvers = all('hand-over asked');
  /** From when on nobody may expect of a worker that it checks: it was told to end, or another has its lease. */
  const excusedFromMs = ({ process, jobset, epoch, beganAtMs }: Term): number =>
    Math.min(
      ...ends.filter(end => end.process === process).map(({ atMs }) => atMs),
      ...handOvers
        .filter(one => one.jobset === jobset && one.atMs >= (beganAtMs ?? 0))
        .map(({ atMs }) => atMs),
      ...terms
        .filter(other => other.jobset === jobset && other.epoch > epoch && other.process !== process)
        .map(({ acquiredAtMs }) => acquiredAtMs),
    );

  const pausesOf = (process: string): readonly Span[] =>
    pauses
      .filter(
        paused =>
          paused.process === process || (world.kind === 'machine' && paused.pause.how === 'suspended'),
      )
      .map(({ atMs, pause }) => ({ fromMs: atMs, untilMs: atMs + pause.forMs }));

  /** The first time that a term asked the store to save each of its changes of state: not reminders, nor what tells
   *  again what was withheld. */
  const changesIn = (): readonly SeenAs<'save issued'>[] => {
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

  const changes = changesIn();

  return {
    all,
    changes: (): readonly SeenAs<'save issued'>[] => changes,
    inOrder: <Some extends Kind>(...kinds: readonly Some[]): readonly SeenAs<Some>[] =>
      observations.filter((one): one is SeenAs<Some> => (kinds as readonly Kind[]).includes(one.kind)),
    terms,
    termOf: (epoch: number): Term | undefined => termOf.get(epoch),
    plans,
    isEdited,
    excusedFromMs,
    /** So often was a wall clock set in this time. */
    steps: (fromMs: number, untilMs: number): number =>
      steps.filter(atMs => atMs >= fromMs && atMs <= untilMs).length,
    isStepped: (fromMs: number, untilMs: number): boolean =>
      steps.some(atMs => atMs >= fromMs && atMs <= untilMs),
    pausesOf,
    storeAway: (jobset: string): readonly Span[] => storeAway(world, jobset),
    /** Of a rule, in order. */
    resultsOf: (id: RuleId): readonly Result[] => results.get(id) ?? [],
    /** What a term goes by: its own results, and those of others before it took over. */
    chainOf: (id: RuleId, { epoch, jobset, acquiredAtMs }: Term): readonly Result[] => {
      const list = results.get(id) ?? [];
      const firstOwn = list.find(result => result.epoch === epoch)?.atMs ?? Number.POSITIVE_INFINITY;
      return list.filter(
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
