import type { EndpointId, Subject } from './endpoint.ts';
import type { Json } from './json.ts';
import type { FailureReason } from './result.ts';

export type State = 'unknown' | 'ok' | 'fail';

/** `initial` is a rule's first `ok`; `reminder` repeats a `fail`; else the state that was entered. */
export const transitionKinds = ['fail', 'ok', 'unknown', 'initial', 'reminder'] as const;
export type TransitionKind = (typeof transitionKinds)[number];

/** Why a transition is recorded but not delivered. `unannounced`: the recovery from a fail that was itself withheld. */
export type Suppression = 'maintenance' | 'depends_on' | 'unannounced';

/** One change of a rule's state: the only thing that is ever delivered. */
export type Transition = {
  /** `<rule id>#<version>` */
  readonly id: string;
  readonly ruleId: EndpointId;
  readonly version: number;
  readonly kind: TransitionKind;
  readonly state: State;
  readonly previousState: State;
  readonly atMs: number;
  /** When `state` began; before `atMs` for a reminder and for a fail announced late. */
  readonly sinceMs: number;
  /** How long the previous state had lasted; null when there was none. */
  readonly previousDurationMs: number | null;
  readonly reason: FailureReason | 'silence' | null;
  readonly error: string | null;
  readonly latencyMs: number | null;
  readonly statusCode: number | null;
  readonly values: { readonly [path: string]: Json };
  readonly subject: Subject;
  readonly suppressed: Suppression | null;
};

/** A rule's state, as saved. */
export type RuleState = {
  readonly state: State;
  /** null: never had a state. */
  readonly sinceMs: number | null;
  /** Transitions so far. */
  readonly version: number;
  /** Equal results in a row, the last one included. */
  readonly streak: number;
  readonly streakOk: boolean;
  readonly lastResultAtMs: number | null;
  /** When targets last heard of the current fail. */
  readonly notifiedAtMs: number | null;
  /** The last state that was not suppressed: what targets believe. */
  readonly announced: State;
  readonly runs: number;
  readonly failures: number;
};

export const newRuleState: RuleState = {
  state: 'unknown',
  sinceMs: null,
  version: 0,
  streak: 0,
  streakOk: false,
  lastResultAtMs: null,
  notifiedAtMs: null,
  announced: 'unknown',
  runs: 0,
  failures: 0,
};
