import type { EndpointId, Schedule } from '../../domain/endpoint.ts';
import type { Maintenance, Rule } from '../../domain/rule.ts';
import { checkCron } from '../schema/cron.ts';
import type { EndpointKeys } from '../schema/endpoint-schema.ts';
import { interned } from '../yaml/interned.ts';
import { toId } from './endpoint-id.ts';

const INTERVAL_MS = 60_000;
const SELF_INTERVAL_MS = 10_000;
const TIMEOUT_MS = { least: 1000, most: 5000 };
const LEAST_STALE_AFTER_MS = 10_000;

const resolveSchedule = (
  keys: EndpointKeys,
  isSelf: boolean,
): { readonly schedule: Schedule; readonly longestMs: number } => {
  const failMs = keys.interval_fail ?? null;
  if (keys.cron_schedule !== undefined) {
    const expression = keys.cron_schedule;
    const timezone = keys.timezone ?? 'UTC';
    const cron = checkCron(expression, timezone);
    const gapMs = cron.kind === 'valid' ? cron.largestGapMs : INTERVAL_MS;
    return {
      schedule: { kind: 'cron', expression, timezone, failEveryMs: failMs },
      longestMs: Math.max(gapMs, failMs ?? 0),
    };
  }
  const everyMs = keys.interval ?? (isSelf ? SELF_INTERVAL_MS : INTERVAL_MS);
  return {
    schedule: { kind: 'interval', everyMs, failEveryMs: failMs ?? everyMs },
    longestMs: Math.max(everyMs, failMs ?? 0),
  };
};

export type Times = {
  readonly schedule: Schedule;
  /** Between two checks at most, failing or not. */
  readonly longestMs: number;
  readonly timeoutMs: number;
  readonly staleAfterMs: number;
};

export const resolveTimes = (keys: EndpointKeys, isSelf: boolean): Times => {
  const { schedule, longestMs } = resolveSchedule(keys, isSelf);
  const everyMs = schedule.kind === 'interval' ? schedule.everyMs : longestMs;
  const timeoutMs = keys.timeout ?? Math.max(TIMEOUT_MS.least, Math.min(everyMs, TIMEOUT_MS.most));
  const staleAfterMs = keys.stale_after ?? Math.max(LEAST_STALE_AFTER_MS, 3 * longestMs + timeoutMs);
  return { schedule, longestMs, timeoutMs, staleAfterMs };
};

const maintenance = (keys: EndpointKeys): readonly Maintenance[] =>
  (keys.maintenance ?? []).map(window =>
    'cron' in window
      ? {
          kind: 'cron',
          expression: window.cron,
          timezone: window.timezone ?? 'UTC',
          durationMs: window.duration,
        }
      : { kind: 'range', fromMs: window.from, toMs: window.to },
  );

export const resolveRule = (
  id: EndpointId,
  name: string,
  keys: EndpointKeys,
  own: EndpointKeys,
  staleAfterMs: number,
): Rule => ({
  id,
  failureThreshold: keys.failure_threshold ?? 1,
  successThreshold: keys.success_threshold ?? 1,
  remindEveryMs: keys.remind_every ?? null,
  staleAfterMs,
  onSilence: 'unknown',
  maintenance: interned(maintenance(keys)),
  // What the defaults depend on is itself under the same defaults.
  dependsOn: interned(
    (keys.depends_on ?? []).map(toId).filter(other => other !== id || own.depends_on !== undefined),
  ),
  subject: {
    name,
    group: keys.group ?? null,
    labels: interned(keys.labels ?? {}),
    description: keys.description ?? null,
    runbook: keys.runbook ?? null,
  },
});
