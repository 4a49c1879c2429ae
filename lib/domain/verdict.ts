import type { Json } from './json.ts';
import type { FailureReason } from './result.ts';

/** All that a rule sees of a check, a beat or a trigger. Where nobody can say, there is none. */
export type Verdict = {
  readonly ok: boolean;
  readonly reason: FailureReason | null;
  /** For a person; holds no secret. */
  readonly error: string | null;
  readonly latencyMs: number | null;
  readonly statusCode: number | null;
  readonly values: { readonly [path: string]: Json };
};
