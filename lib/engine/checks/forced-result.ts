import type { Endpoint } from '../../domain/endpoint.ts';
import type { ProbeResult } from '../../domain/result.ts';

const unmeasured = {
  latencyMs: 0,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null },
  statusCode: null,
  exitCode: null,
  certDaysLeft: null,
  retries: 0,
  values: {},
} as const;

/** What `status: always-fail` and `always-success` give instead of a check; null where the endpoint is really checked. */
export const forcedResult = ({ status }: Endpoint): ProbeResult | null => {
  if (status === 'always-success') return { ...unmeasured, ok: true, reason: null, error: null };
  if (status === 'always-fail')
    return { ...unmeasured, ok: false, reason: 'forced', error: 'status is always-fail' };
  return null;
};

/** A probe that rejects breaks its contract: the other endpoints must not pay for it. */
export const internalFailure = (cause: unknown): ProbeResult => ({
  ...unmeasured,
  ok: false,
  reason: 'internal',
  error: `the probe broke: ${cause instanceof Error ? cause.message : String(cause)}`,
});
