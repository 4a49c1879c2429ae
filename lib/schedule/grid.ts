import type { Endpoint } from '../domain/endpoint.ts';
import { cronInstants } from './cron.ts';

/** An endpoint's due instants: k × everyMs + phaseUs / 1000, or those of a cron expression. In whole microseconds: V8
 *  keeps a number that is not whole in an object of its own, which each check would fetch. */
export type Grid =
  | { readonly kind: 'interval'; readonly everyMs: number; readonly phaseUs: number }
  | { readonly kind: 'cron'; readonly next: (afterMs: number) => number };

/** FNV-1a, 32 bits (Fowler, Noll, Vo), with a final mix: ids that differ in the last letter only lie far apart, and
 *  the high bits tell nothing of the low ones. */
export const hash = (text: string): number => {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
};

/** Where in the interval an id is due, so that load is flat and every worker computes the same instants. */
export const phaseMs = (id: string, everyMs: number): number => (hash(id) / 2 ** 32) * everyMs;

/** Epoch milliseconds in a double are exact to 0.24 µs: instants nearer than this are one. */
const SAME_INSTANT_MS = 0.001;

type IntervalGrid = Extract<Grid, { kind: 'interval' }>;

const indexAt = ({ everyMs, phaseUs }: IntervalGrid, ms: number): number =>
  Math.floor((ms - phaseUs / 1000 + SAME_INSTANT_MS) / everyMs);

const instantMs = ({ everyMs, phaseUs }: IntervalGrid, index: number): number =>
  phaseUs / 1000 + index * everyMs;

/** The first due instant after `ms`. */
export const nextDueMs = (grid: Grid, ms: number): number =>
  grid.kind === 'cron' ? grid.next(ms) : instantMs(grid, indexAt(grid, ms) + 1);

/** From this due instant to the one after it. */
export const periodMs = (grid: Grid, dueMs: number): number =>
  grid.kind === 'cron' ? grid.next(dueMs) - dueMs : grid.everyMs;

/** Due instants in (afterMs, untilMs]: how many. */
export const dueCount = (grid: Grid, afterMs: number, untilMs: number): number => {
  if (grid.kind === 'interval') return Math.max(0, indexAt(grid, untilMs) - indexAt(grid, afterMs));
  let count = 0;
  for (let dueMs = grid.next(afterMs); dueMs <= untilMs; dueMs = grid.next(dueMs)) count++;
  return count;
};

/** The last due instant until `ms`, from the due instant `dueMs` on. */
export const lastDueMs = (grid: Grid, dueMs: number, ms: number): number => {
  if (grid.kind === 'interval') return Math.max(dueMs, instantMs(grid, indexAt(grid, ms)));
  let lastMs = dueMs;
  for (let nextMs = grid.next(dueMs); nextMs <= ms; nextMs = grid.next(nextMs)) lastMs = nextMs;
  return lastMs;
};

const intervalGrid = (id: string, everyMs: number): Grid => ({
  kind: 'interval',
  everyMs,
  phaseUs: Math.floor(phaseMs(id, everyMs) * 1000),
});

/** Other due instants while the rule fails. */
export const hasTwoGrids = ({ schedule }: Pick<Endpoint, 'schedule'>): boolean =>
  schedule.failEveryMs !== null && (schedule.kind === 'cron' || schedule.failEveryMs !== schedule.everyMs);

/** When an endpoint is due as long as its rule does not fail, or while it fails. */
export const gridOf = ({ id, schedule }: Pick<Endpoint, 'id' | 'schedule'>, failing: boolean): Grid => {
  const { failEveryMs } = schedule;
  if (failing && failEveryMs !== null) return intervalGrid(id, failEveryMs);
  return schedule.kind === 'interval'
    ? intervalGrid(id, schedule.everyMs)
    : { kind: 'cron', next: cronInstants(schedule.expression, schedule.timezone) };
};
