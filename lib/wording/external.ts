import type { Json } from '../domain/json.ts';
import type { RuleId } from '../domain/rule.ts';
import type { State, Suppression, Transition, TransitionKind } from '../domain/transition.ts';

export type ExternalTransition = {
  readonly id: string;
  readonly endpoint: RuleId;
  readonly name: string;
  readonly state: State;
  readonly previous_state: State;
  readonly kind: TransitionKind;
  readonly at_ms: number;
  readonly since_ms: number;
  readonly previous_duration_ms: number | null;
  readonly reason: Transition['reason'];
  readonly error: string | null;
  readonly latency_ms: number | null;
  readonly status_code: number | null;
  readonly values: { readonly [path: string]: Json };
  readonly group: string | null;
  readonly labels: { readonly [label: string]: string };
  readonly description: string | null;
  readonly runbook: string | null;
  /** Why targets did not hear of it; null in all that is delivered. */
  readonly suppressed: Suppression | null;
  /** Changes before this one that it stands for, since the store was away for long. */
  readonly merged: number;
  /** false: delivered while the store was away, under the id that it is saved under later. */
  readonly saved: boolean;
};

const toTenth = (value: number) => Math.round(value * 10) / 10;

/** A transition as everything outside sees it: webhooks, events, logs, the HTTP API.
 *  Instants in whole ms, rounded down; latency to 0.1 ms. */
export const externalTransition = (transition: Transition): ExternalTransition => ({
  id: transition.id,
  endpoint: transition.ruleId,
  name: transition.subject.name,
  state: transition.state,
  previous_state: transition.previousState,
  kind: transition.kind,
  at_ms: Math.floor(transition.atMs),
  since_ms: Math.floor(transition.sinceMs),
  previous_duration_ms:
    transition.previousDurationMs === null ? null : Math.round(transition.previousDurationMs),
  reason: transition.reason,
  error: transition.error,
  latency_ms: transition.latencyMs === null ? null : toTenth(transition.latencyMs),
  status_code: transition.statusCode,
  values: transition.values,
  group: transition.subject.group,
  labels: transition.subject.labels,
  description: transition.subject.description,
  runbook: transition.subject.runbook,
  suppressed: transition.suppressed,
  // Those of an earlier release do not have them.
  merged: transition.merged ?? 0,
  saved: transition.saved ?? true,
});
