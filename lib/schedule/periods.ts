import type { Schedule } from '../domain/endpoint.ts';
import { cronInstants } from './cron.ts';

/** A Thursday that begins a year: what an expression does from there stands for what it always does. */
const FROM_MS = Date.UTC(2026, 0, 1);
const SPAN_MS = 28 * 86_400_000;
/** An instant takes 15 µs to find. */
const MOST_INSTANTS = 100;

const meanOfCron = (expression: string, timezone: string): number => {
  const next = cronInstants(expression, timezone);
  let atMs = FROM_MS;
  let count = 0;
  for (let nextMs = next(atMs); nextMs <= FROM_MS + SPAN_MS && count < MOST_INSTANTS; nextMs = next(atMs)) {
    atMs = nextMs;
    count++;
  }
  return count === 0 ? Number.POSITIVE_INFINITY : (count < MOST_INSTANTS ? SPAN_MS : atMs - FROM_MS) / count;
};

const MOST_KNOWN = 1000;
const knownMeans = new Map<string, number>();

const meanMs = (expression: string, timezone: string): number => {
  const key = `${timezone} ${expression}`;
  const mean = knownMeans.get(key) ?? meanOfCron(expression, timezone);
  if (knownMeans.size >= MOST_KNOWN) knownMeans.clear();
  knownMeans.set(key, mean);
  return mean;
};

/** The mean time between two checks while the rule does not fail; Infinity where a cron expression hardly ever comes. */
export const usualPeriodMs = (schedule: Schedule): number =>
  schedule.kind === 'interval' ? schedule.everyMs : meanMs(schedule.expression, schedule.timezone);

/** While failing, or not: whichever is shorter. */
export const shortestPeriodMs = (schedule: Schedule): number =>
  Math.min(usualPeriodMs(schedule), schedule.failEveryMs ?? Number.POSITIVE_INFINITY);
