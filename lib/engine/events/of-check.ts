import type { Event } from '../../domain/event.ts';
import type { Json } from '../../domain/json.ts';
import { isSelf } from '../../domain/self.ts';
import type { CheckReport } from './observer.ts';

/** Only scalars become events; a boolean is 1 or 0. */
const asValue = (value: Json): Event['value'] | null => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' || typeof value === 'string' ? value : null;
};

const add = (events: Event[], name: string, value: Json, atMs: number): void => {
  const scalar = asValue(value);
  if (scalar !== null) events.push({ name, value: scalar, atMs });
};

/** What a check says, fact by fact. The endpoint `self` has only its own values: `self.<name>`. Names are put together
 *  each time, which does not copy them: to look up ready ones takes longer when thousands of endpoints have their own. */
export const eventsOf = ({ endpoint, atMs, lateMs, result }: CheckReport): readonly Event[] => {
  const events: Event[] = [];
  const prefix = `endpoint.${endpoint.id}`;
  if (!isSelf(endpoint)) {
    add(events, `${prefix}.up`, result.ok, atMs);
    add(events, `${prefix}.latency_ms`, result.latencyMs, atMs);
    add(events, `${prefix}.response_ms`, result.latencyMs + lateMs, atMs);
    add(events, `${prefix}.status_code`, result.statusCode, atMs);
    add(events, `${prefix}.cert_days_left`, result.certDaysLeft, atMs);
  }
  const ofValues = isSelf(endpoint) ? 'self.' : `${prefix}.json.`;
  for (const path in result.values) add(events, ofValues + path, result.values[path] as Json, atMs);
  return events;
};
