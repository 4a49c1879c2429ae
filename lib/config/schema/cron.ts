import { Cron } from 'croner';

const INSTANTS = 50;
/** Gaps are looked for after a fixed instant, so that a file always compiles to the same config. */
const REFERENCE = '2026-01-01T00:00:00';

type CronCheck =
  | { readonly kind: 'valid'; readonly largestGapMs: number }
  | { readonly kind: 'invalid'; readonly fix: string };

const FIELDS = 'Write five fields: "minute hour day month weekday", such as "*/5 * * * *"';

const check = (expression: string, timezone: string): CronCheck => {
  if (expression.trim().split(/\s+/).length !== 5) return { kind: 'invalid', fix: FIELDS };
  let instants: readonly number[];
  try {
    const cron = new Cron(expression, { mode: '5-part', timezone, paused: true });
    instants = cron.nextRuns(INSTANTS, REFERENCE).map(instant => instant.getTime());
  } catch {
    return { kind: 'invalid', fix: FIELDS };
  }
  if (instants.length < 2) return { kind: 'invalid', fix: 'It never comes; choose a day that the month has' };
  const gaps = instants.slice(1).map((instant, index) => instant - (instants[index] ?? instant));
  return { kind: 'valid', largestGapMs: Math.max(...gaps) };
};

/** Bounds the cache of a process that reloads for years. */
const MAX_CACHED = 5000;
const cache = new Map<string, CronCheck>();

export const checkCron = (expression: string, timezone: string): CronCheck => {
  const key = `${timezone} ${expression}`;
  let known = cache.get(key);
  if (known === undefined) {
    if (cache.size >= MAX_CACHED) cache.clear();
    known = check(expression, timezone);
    cache.set(key, known);
  }
  return known;
};

export const isTimezone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};
