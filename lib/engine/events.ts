import type { Event } from '../domain/event.ts';
import type { Json } from '../domain/json.ts';
import type { Check } from './status.ts';

/** Only scalars become events; a boolean is 1 or 0. */
const asValue = (value: Json): Event['value'] | null => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' || typeof value === 'string' ? value : null;
};

/** What a check says, fact by fact. The endpoint `self` has only its own values: `self.<name>`. */
export const eventsOf = ({ endpoint, atMs, lateMs, result }: Check): readonly Event[] => {
  const events: Event[] = [];
  const add = (name: string, value: Json) => {
    const scalar = asValue(value);
    if (scalar !== null) events.push({ name, value: scalar, atMs });
  };
  if (endpoint.check.scheme === 'self') {
    for (const [name, value] of Object.entries(result.values)) add(`self.${name}`, value);
    return events;
  }
  const prefix = `endpoint.${endpoint.id}`;
  add(`${prefix}.up`, result.ok);
  add(`${prefix}.latency_ms`, result.latencyMs);
  add(`${prefix}.response_ms`, result.latencyMs + lateMs);
  add(`${prefix}.status_code`, result.statusCode);
  add(`${prefix}.cert_days_left`, result.certDaysLeft);
  for (const [path, value] of Object.entries(result.values)) add(`${prefix}.json.${path}`, value);
  return events;
};
