import type { Event } from '../domain/event.ts';
import type { Json } from '../domain/json.ts';
import type { Check } from './status.ts';

/** Only scalars become events; a boolean is 1 or 0. */
const asValue = (value: Json): Event['value'] | null => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' || typeof value === 'string' ? value : null;
};

const add = (events: Event[], name: string, value: Json, atMs: number): void => {
  const scalar = asValue(value);
  if (scalar !== null) events.push({ name, value: scalar, atMs });
};

/** What a check says, fact by fact. The endpoint `self` has only its own values: `self.<name>`. */
export const eventsOf = ({ endpoint, atMs, lateMs, result }: Check): readonly Event[] => {
  const events: Event[] = [];
  const isSelf = endpoint.check.scheme === 'self';
  const prefix = isSelf ? 'self.' : `endpoint.${endpoint.id}.`;
  if (!isSelf) {
    add(events, `${prefix}up`, result.ok, atMs);
    add(events, `${prefix}latency_ms`, result.latencyMs, atMs);
    add(events, `${prefix}response_ms`, result.latencyMs + lateMs, atMs);
    add(events, `${prefix}status_code`, result.statusCode, atMs);
    add(events, `${prefix}cert_days_left`, result.certDaysLeft, atMs);
  }
  const valuePrefix = isSelf ? prefix : `${prefix}json.`;
  for (const path in result.values) add(events, valuePrefix + path, result.values[path] as Json, atMs);
  return events;
};
