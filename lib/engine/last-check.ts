import type { Endpoint } from '../domain/endpoint.ts';
import type { Json } from '../domain/json.ts';
import type { FailureReason, ProbeResult } from '../domain/result.ts';
import type { Check } from './status.ts';

/** An endpoint's last check, written over by the next one. Kept as it came, each check would live until the next: long
 *  enough for the garbage collector to copy it twice, which at 10,000 endpoints held up the loop for 10 ms at a time.
 *  NaN stands for null. */
export type LastCheck = {
  endpoint: Endpoint;
  atMs: number;
  lateMs: number;
  ok: boolean;
  reason: FailureReason | null;
  error: string | null;
  latencyMs: number;
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  ttfbMs: number;
  statusCode: number | null;
  exitCode: number | null;
  certDaysLeft: number;
  retries: number;
  values: { readonly [path: string]: Json };
};

type Values = LastCheck['values'];

const orNaN = (value: number | null): number => value ?? Number.NaN;
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Path by path: a `for in` over them was compiled anew, and given up again, 25 times a second. */
const areSame = (paths: Endpoint['jsonValues'], before: Values, after: Values): boolean => {
  for (const path of paths) if (before[path] !== after[path]) return false;
  return true;
};

const newLastCheck = (endpoint: Endpoint): LastCheck => ({
  endpoint,
  atMs: Number.NaN,
  lateMs: Number.NaN,
  ok: false,
  reason: null,
  error: null,
  latencyMs: Number.NaN,
  dnsMs: Number.NaN,
  connectMs: Number.NaN,
  tlsMs: Number.NaN,
  ttfbMs: Number.NaN,
  statusCode: null,
  exitCode: null,
  certDaysLeft: Number.NaN,
  retries: 0,
  values: {},
});

/** Writes a check over the one before it. */
export const remember = (before: LastCheck | null, { endpoint, atMs, lateMs, result }: Check): LastCheck => {
  const last = before ?? newLastCheck(endpoint);
  const { phases, values } = result;
  last.atMs = atMs;
  last.lateMs = lateMs;
  last.ok = result.ok;
  last.reason = result.reason;
  last.error = result.error;
  last.latencyMs = result.latencyMs;
  last.dnsMs = orNaN(phases.dnsMs);
  last.connectMs = orNaN(phases.connectMs);
  last.tlsMs = orNaN(phases.tlsMs);
  last.ttfbMs = orNaN(phases.ttfbMs);
  last.statusCode = result.statusCode;
  last.exitCode = result.exitCode;
  last.certDaysLeft = orNaN(result.certDaysLeft);
  last.retries = result.retries;
  if (endpoint !== last.endpoint || !areSame(endpoint.jsonValues, last.values, values)) last.values = values;
  last.endpoint = endpoint;
  return last;
};

export const checkOf = (last: LastCheck): Check => {
  const { endpoint, atMs, lateMs, ok, reason, error, latencyMs, statusCode, exitCode, retries, values } =
    last;
  const phases = {
    dnsMs: orNull(last.dnsMs),
    connectMs: orNull(last.connectMs),
    tlsMs: orNull(last.tlsMs),
    ttfbMs: orNull(last.ttfbMs),
  };
  const certDaysLeft = orNull(last.certDaysLeft);
  const measured = { latencyMs, phases, statusCode, exitCode, certDaysLeft, retries, values };
  return { endpoint, atMs, lateMs, result: { ok, reason, error, ...measured } as ProbeResult };
};
