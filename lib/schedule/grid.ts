import type { Endpoint } from '../domain/endpoint.ts';
import { cronInstants } from './cron.ts';

/** An endpoint's due instants. */
export type Grid = {
  /** From this due instant to the one after it. */
  readonly periodMs: (dueMs: number) => number;
  /** The first due instant after `ms`. */
  readonly next: (ms: number) => number;
  /** Due instants in (afterMs, untilMs]: how many, and the last of them. */
  readonly between: (afterMs: number, untilMs: number) => { readonly count: number; readonly lastMs: number };
};

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

/** Due instants on k × everyMs + phase(id). */
const intervalGrid = (id: string, everyMs: number): Grid => {
  const phase = phaseMs(id, everyMs);
  const index = (ms: number): number => Math.floor((ms - phase + SAME_INSTANT_MS) / everyMs);
  return {
    periodMs: () => everyMs,
    next: ms => phase + (index(ms) + 1) * everyMs,
    between: (afterMs, untilMs) => {
      const last = index(untilMs);
      return { count: Math.max(0, last - index(afterMs)), lastMs: phase + last * everyMs };
    },
  };
};

const cronGrid = (expression: string, timezone: string): Grid => {
  const next = cronInstants(expression, timezone);
  return {
    periodMs: dueMs => next(dueMs) - dueMs,
    next,
    between: (afterMs, untilMs) => {
      let count = 0;
      let lastMs = afterMs;
      for (let dueMs = next(afterMs); dueMs <= untilMs; dueMs = next(dueMs)) {
        count++;
        lastMs = dueMs;
      }
      return { count, lastMs };
    },
  };
};

/** The grids of an endpoint: as long as its rule does not fail, and while it fails. */
export const gridsOf = ({
  id,
  schedule,
}: Pick<Endpoint, 'id' | 'schedule'>): { normal: Grid; failing: Grid } => {
  const normal =
    schedule.kind === 'cron'
      ? cronGrid(schedule.expression, schedule.timezone)
      : intervalGrid(id, schedule.everyMs);
  const { failEveryMs } = schedule;
  const same = failEveryMs === null || (schedule.kind === 'interval' && failEveryMs === schedule.everyMs);
  return { normal, failing: same ? normal : intervalGrid(id, failEveryMs) };
};
