import type { Json } from './json.ts';

export const failureReasons = [
  'timeout',
  'dns',
  'connect',
  'tls',
  'protocol',
  'redirect',
  'status',
  'too-large',
  'banner',
  'test',
  'exit',
  'signal',
  'spawn',
  'secret',
  'forced',
  'internal',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** null: the phase did not happen (no lookup or handshake on a kept connection). */
export type Phases = {
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly ttfbMs: number | null;
};

type Measured = {
  /** The whole check, from its start. */
  readonly latencyMs: number;
  readonly phases: Phases;
  readonly statusCode: number | null;
  readonly exitCode: number | null;
  readonly certDaysLeft: number | null;
  /** Requests sent once more, because a kept connection was closed as they went out. */
  readonly retries: number;
  /** The `response_json_values` that the answer has, by dotted path. */
  readonly values: { readonly [path: string]: Json };
};

/** `error` is for a person and holds no secret. */
export type ProbeResult =
  | (Measured & { readonly ok: true; readonly reason: null; readonly error: null })
  | (Measured & { readonly ok: false; readonly reason: FailureReason; readonly error: string });
