import type { Spread } from '../arithmetic/spread.ts';
import type { Goal, Measurement } from '../benchmark.ts';
import { asPercent, short, withSpread } from './number.ts';

type Show = (spread: Spread) => string;

const medianOnly: Show = ({ median }) => short(median);

/** What a table shows of a measurement, for people: spread where it matters, medians elsewhere. */
const columns: readonly (readonly [string, (measurement: Measurement) => string | null])[] = [
  ['', ({ subject }) => subject],
  ['per s', ({ figures }) => figures.perSecond && medianOnly(figures.perSecond)],
  ['µs CPU', ({ figures }) => figures.cpuUs && withSpread(figures.cpuUs)],
  ['core', ({ figures }) => figures.coreRatio && `${medianOnly(asPercent(figures.coreRatio))}%`],
  ['p50 ms', ({ figures }) => figures.p50Ms && medianOnly(figures.p50Ms)],
  ['p99 ms', ({ figures }) => figures.p99Ms && withSpread(figures.p99Ms)],
  ['max ms', ({ figures }) => figures.maxMs && medianOnly(figures.maxMs)],
  ['peak MB', ({ figures }) => figures.peakMb && medianOnly(figures.peakMb)],
  ['CPU ratio', ({ ratio }) => ratio && `${withSpread(ratio.times)} × ${ratio.to}`],
];

/** Header and rows of the columns that anything stands in. */
export const tableOf = (measurements: readonly Measurement[]): readonly (readonly string[])[] => {
  const shown = columns
    .map(([title, cell]) => [title, ...measurements.map(one => cell(one) ?? '')])
    .filter(([, ...cells]) => cells.some(cell => cell !== ''));
  return [0, ...measurements.map((_, at) => at + 1)].map(row => shown.map(column => column[row] ?? ''));
};

export const goalText = ({ name, measured, limit, unit, reached }: Goal): string => {
  const of = measured === null ? 'not measured' : `${short(measured)}${unit && ` ${unit}`}`;
  return `${reached ? 'ok    ' : 'missed'}  ${name} ${short(limit)}${unit && ` ${unit}`}: ${of}`;
};

export const factsText = ({ facts }: Measurement): string | null => {
  const told = Object.entries(facts).map(([name, spread]) => `${name} ${withSpread(spread)}`);
  return told.length === 0 ? null : told.join(', ');
};
