import type { Endpoint, EndpointId, Schedule } from '../domain/endpoint.ts';
import type { JobsetKind } from '../domain/jobset.ts';

const MINUTE_MS = 60_000;

/** Nothing in a burst is due more often than once a minute. */
const eased = (schedule: Schedule): Schedule =>
  schedule.kind === 'cron'
    ? { ...schedule, failEveryMs: null }
    : {
        kind: 'interval',
        everyMs: Math.max(MINUTE_MS, schedule.everyMs),
        failEveryMs: Math.max(MINUTE_MS, schedule.failEveryMs),
      };

const easedTimes = ({ schedule, rule, timeoutMs }: Endpoint) => {
  const leastMs = 3 * MINUTE_MS + timeoutMs;
  return { schedule: eased(schedule), staleAfterMs: Math.max(rule.staleAfterMs, leastMs) };
};

/** Each worker watches itself: a jobset's own copy of the monitor's endpoint. */
export const selfOf = (self: Endpoint, jobset: string, kind: JobsetKind): Endpoint => {
  const id = `${self.id}/${jobset}` as EndpointId;
  const name = `${self.name} ${jobset}`;
  const { schedule, staleAfterMs } =
    kind === 'burst' ? easedTimes(self) : { schedule: self.schedule, staleAfterMs: self.rule.staleAfterMs };
  return {
    ...self,
    id,
    name,
    schedule,
    rule: { ...self.rule, id, staleAfterMs, subject: { ...self.rule.subject, name } },
  };
};
