import type { Json } from './json.ts';
import type { FailureReason } from './result.ts';
import type { RuleId, Subject } from './rule.ts';

export type State = 'unknown' | 'ok' | 'fail';

/** `initial` is an `ok` before which targets heard nothing; `reminder` repeats a `fail`; else the state entered. */
export const transitionKinds = ['fail', 'ok', 'unknown', 'initial', 'reminder'] as const;
export type TransitionKind = (typeof transitionKinds)[number];

/** Why a transition is recorded but not delivered. `unannounced`: targets believe this state already, for the
 *  change before it was withheld. `disabled`: nobody wants the endpoint watched any more. */
export type Suppression = 'maintenance' | 'depends_on' | 'unannounced' | 'disabled';

/** One change of a rule's state: the only thing that is ever delivered. */
export type Transition = {
  /** `<rule id>#<version>`, with `-<incarnation>` where versions of the store can repeat, and with `-<epoch>` where it was
   *  delivered before it was saved: another owner may have saved this version meanwhile. Unique for ever. */
  readonly id: string;
  readonly ruleId: RuleId;
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
  /** Changes before this one that it stands for: they could not be saved, and were too many to wait. */
  readonly merged: number;
  /** false: delivered while the store was away, under the id that it is saved under once the store is back. */
  readonly saved: boolean;
  /** When it was handed to the store, perhaps long after `atMs`; null before. */
  readonly handedAtMs: number | null;
};

export const transitionId = (ruleId: RuleId, version: number, incarnation: string | null): string =>
  incarnation === null ? `${ruleId}#${version}` : `${ruleId}#${version}-${incarnation}`;

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
  /** The last state that was not suppressed: what targets believe. null: they heard nothing yet. */
  readonly announced: State | null;
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
  announced: null,
  runs: 0,
  failures: 0,
};
