import type { Endpoint } from '../domain/endpoint.ts';
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

/** How an endpoint's events are called, made once for each. */
type Names = {
  readonly up: string;
  readonly latency: string;
  readonly response: string;
  readonly statusCode: string;
  readonly certDaysLeft: string;
  /** Before the path of a value. */
  readonly values: string;
};

const namesOf = new WeakMap<Endpoint, Names>();

const namesFor = (endpoint: Endpoint): Names => {
  const known = namesOf.get(endpoint);
  if (known !== undefined) return known;
  const prefix = `endpoint.${endpoint.id}`;
  const names = {
    up: `${prefix}.up`,
    latency: `${prefix}.latency_ms`,
    response: `${prefix}.response_ms`,
    statusCode: `${prefix}.status_code`,
    certDaysLeft: `${prefix}.cert_days_left`,
    values: endpoint.check.scheme === 'self' ? 'self.' : `${prefix}.json.`,
  };
  namesOf.set(endpoint, names);
  return names;
};

/** What a check says, fact by fact. The endpoint `self` has only its own values: `self.<name>`. */
export const eventsOf = ({ endpoint, atMs, lateMs, result }: Check): readonly Event[] => {
  const events: Event[] = [];
  const names = namesFor(endpoint);
  if (endpoint.check.scheme !== 'self') {
    add(events, names.up, result.ok, atMs);
    add(events, names.latency, result.latencyMs, atMs);
    add(events, names.response, result.latencyMs + lateMs, atMs);
    add(events, names.statusCode, result.statusCode, atMs);
    add(events, names.certDaysLeft, result.certDaysLeft, atMs);
  }
  for (const path in result.values) add(events, names.values + path, result.values[path] as Json, atMs);
  return events;
};
