import type { Endpoint } from '../../domain/endpoint.ts';
import type { Json } from '../../domain/json.ts';
import type { FailureReason, ProbeResult } from '../../domain/result.ts';
import type { CheckReport } from '../events/observer.ts';

/** An endpoint's last check, written over by the next one. Kept as it came, each check would live until the next: long
 *  enough for the garbage collector to copy it twice, which at 10,000 endpoints held up the loop for 10 ms at a time.
 *  Spans are in whole microseconds, -1 for null: V8 keeps each number that is not whole in an object of its own, which
 *  is 16 bytes more and one more to fetch. */
export type LastCheck = {
  endpoint: Endpoint;
  atMs: number;
  lateUs: number;
  ok: boolean;
  reason: FailureReason | null;
  error: string | null;
  latencyUs: number;
  dnsUs: number;
  connectUs: number;
  tlsUs: number;
  ttfbUs: number;
  statusCode: number | null;
  exitCode: number | null;
  /** In whole seconds, `NO_CERT` for null. */
  certLeftS: number;
  retries: number;
  values: { readonly [path: string]: Json };
};

const SECONDS_A_DAY = 86_400;
/** The least number that V8 keeps without an object of its own. */
const NO_CERT = -(2 ** 31);
const toSeconds = (days: number | null): number =>
  days === null ? NO_CERT : Math.round(days * SECONDS_A_DAY);

type Values = LastCheck['values'];

const toUs = (ms: number | null): number => (ms === null ? -1 : Math.round(ms * 1000));
const toMs = (us: number): number | null => (us < 0 ? null : us / 1000);

/** Path by path: a `for in` over them was compiled anew, and given up again, 25 times a second. */
const areSame = (paths: Endpoint['jsonValues'], before: Values, after: Values): boolean => {
  for (const path of paths) if (before[path] !== after[path]) return false;
  return true;
};

const noValues: Values = {};

const newLastCheck = (endpoint: Endpoint): LastCheck => ({
  endpoint,
  atMs: Number.NaN,
  lateUs: -1,
  ok: false,
  reason: null,
  error: null,
  latencyUs: -1,
  dnsUs: -1,
  connectUs: -1,
  tlsUs: -1,
  ttfbUs: -1,
  statusCode: null,
  exitCode: null,
  certLeftS: NO_CERT,
  retries: 0,
  values: noValues,
});

/** Writes a check over the one before it. */
export const remember = (
  before: LastCheck | null,
  { endpoint, atMs, lateMs, result }: CheckReport,
): LastCheck => {
  const last = before ?? newLastCheck(endpoint);
  const { phases, values } = result;
  last.atMs = atMs;
  last.lateUs = toUs(lateMs);
  last.ok = result.ok;
  last.reason = result.reason;
  last.error = result.error;
  last.latencyUs = toUs(result.latencyMs);
  last.dnsUs = toUs(phases.dnsMs);
  last.connectUs = toUs(phases.connectMs);
  last.tlsUs = toUs(phases.tlsMs);
  last.ttfbUs = toUs(phases.ttfbMs);
  last.statusCode = result.statusCode;
  last.exitCode = result.exitCode;
  last.certLeftS = toSeconds(result.certDaysLeft);
  last.retries = result.retries;
  if (endpoint !== last.endpoint || !areSame(endpoint.jsonValues, last.values, values)) last.values = values;
  last.endpoint = endpoint;
  return last;
};

export const checkOf = (last: LastCheck): CheckReport => {
  const { endpoint, atMs, ok, reason, error, statusCode, exitCode, retries, values } = last;
  const lateMs = last.lateUs / 1000;
  const latencyMs = last.latencyUs / 1000;
  const phases = {
    dnsMs: toMs(last.dnsUs),
    connectMs: toMs(last.connectUs),
    tlsMs: toMs(last.tlsUs),
    ttfbMs: toMs(last.ttfbUs),
  };
  const certDaysLeft = last.certLeftS === NO_CERT ? null : last.certLeftS / SECONDS_A_DAY;
  const measured = { latencyMs, phases, statusCode, exitCode, certDaysLeft, retries, values };
  return { endpoint, atMs, lateMs, result: { ok, reason, error, ...measured } as ProbeResult };
};
