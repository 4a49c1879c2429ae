import type { Config } from '../domain/config.ts';

const MINUTE_MS = 60_000;
/** CloudWatch looks at one day at most. */
const LONGEST = 24 * 60;
const SHORTEST = 2;

/** How long none of a deployment's endpoints may be due, twice over, in minutes: so long no check is no alarm. The
 *  monitor's own endpoints count too: as long as they are not switched off, it is the shortest time. */
export const quietMinutes = (config: Config): number => {
  const periods = config.endpoints.flatMap(({ schedule, status }) =>
    status !== 'disabled' && schedule.kind === 'interval' ? [schedule.everyMs] : [],
  );
  // Cron expressions only: the next instant may be a day away, or more.
  if (periods.length === 0) return LONGEST;
  return Math.min(LONGEST, Math.max(SHORTEST, Math.ceil((2 * Math.min(...periods)) / MINUTE_MS)));
};
