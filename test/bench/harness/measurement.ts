import { ratioOf, type Spread, spreadOf } from '../arithmetic/spread.ts';
import type { Figures, Goal, Measurement, Sample } from '../benchmark.ts';
import type { Measured } from './rounds.ts';

const cpuUsOf = ({ cpuMs, operations }: Sample): number => (cpuMs * 1000) / operations;

const overRounds = (samples: readonly Sample[], figure: (sample: Sample) => number | null): Spread | null =>
  spreadOf(samples.map(figure).filter(value => value !== null));

const figuresOf = (samples: readonly Sample[]): Figures => ({
  perSecond: overRounds(samples, ({ operations, wallMs }) => (operations / wallMs) * 1000),
  cpuUs: overRounds(samples, cpuUsOf),
  coreRatio: overRounds(samples, ({ cpuMs, wallMs }) => cpuMs / wallMs),
  p50Ms: overRounds(samples, ({ latency }) => latency?.p50 ?? null),
  p99Ms: overRounds(samples, ({ latency }) => latency?.p99 ?? null),
  maxMs: overRounds(samples, ({ latency }) => latency?.max ?? null),
  peakMb: overRounds(samples, ({ peakBytes }) => peakBytes / 1e6),
});

const factsOf = (samples: readonly Sample[]): Measurement['facts'] => {
  const names = new Set(samples.flatMap(({ facts }) => Object.keys(facts)));
  return Object.fromEntries(
    [...names].flatMap(name => {
      const spread = overRounds(samples, ({ facts }) => facts[name] ?? null);
      return spread ? [[name, spread]] : [];
    }),
  );
};

const failuresOf = (samples: readonly Sample[]): readonly string[] => {
  const failed = samples.flatMap(({ failures }) => failures ?? []);
  const count = failed.reduce((sum, failures) => sum + failures.count, 0);
  return count === 0 ? [] : [`INVALID: ${count} operations failed, the first: ${failed[0]?.first}`];
};

const nothingMeasured: Figures = {
  perSecond: null,
  cpuUs: null,
  coreRatio: null,
  p50Ms: null,
  p99Ms: null,
  maxMs: null,
  peakMb: null,
};

/** A row that says why there are no figures. */
export const skipped = (subject: string, operation: string, why: string): Measurement => ({
  subject,
  operation,
  figures: nothingMeasured,
  ratio: null,
  facts: {},
  goals: [],
  notes: [`skipped: ${why}`],
});

export const measurementOf = (
  { name, samples }: Measured,
  operation: string,
  reference: Measured | null = null,
  notes: readonly string[] = [],
): Measurement => {
  const times = reference && ratioOf(samples.map(cpuUsOf), reference.samples.map(cpuUsOf));
  return {
    subject: name,
    operation,
    figures: figuresOf(samples),
    ratio: reference && times ? { to: reference.name, times } : null,
    facts: factsOf(samples),
    goals: [],
    notes: [...failuresOf(samples), ...notes],
  };
};

type Figure = number | null | undefined;

/** What was not measured reaches no goal. */
export const atMost = (name: string, measured: Figure, limit: number, unit = ''): Goal => {
  const reached = typeof measured === 'number' && measured <= limit;
  return { name: `${name} ≤`, limit, measured: measured ?? null, unit, reached };
};

export const atLeast = (name: string, measured: Figure, limit: number, unit = ''): Goal => {
  const reached = typeof measured === 'number' && measured >= limit;
  return { name: `${name} ≥`, limit, measured: measured ?? null, unit, reached };
};

/** With the goals that are set on it. Figures with failures reach none. */
export const withGoals = (measurement: Measurement, goals: readonly Goal[]): Measurement => {
  const invalid = measurement.notes.some(note => note.startsWith('INVALID'));
  return { ...measurement, goals: goals.map(one => ({ ...one, reached: one.reached && !invalid })) };
};
