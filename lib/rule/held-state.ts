import type { RuleState } from '../domain/transition.ts';

/** A rule's state while a worker holds it: what changes nothing that anybody hears of is counted into it. */
export type HeldState = { -readonly [key in keyof Omit<RuleState, 'lastResultAtMs'>]: RuleState[key] } & {
  /** The last result's instant, NaN for none: in a field that also holds null, V8 would keep each number in an object of
   *  its own, one a check that lives until the next. */
  heardAtMs: number;
};

/** Field by field: a spread would leave the numbers as they lie in a `RuleState`. */
export const hold = (state: RuleState): HeldState => ({
  heardAtMs: state.lastResultAtMs ?? Number.NaN,
  state: state.state,
  sinceMs: state.sinceMs,
  version: state.version,
  streak: state.streak,
  streakOk: state.streakOk,
  notifiedAtMs: state.notifiedAtMs,
  announced: state.announced,
  runs: state.runs,
  failures: state.failures,
});

export const stateOf = ({ heardAtMs, ...held }: HeldState): RuleState => ({
  ...held,
  lastResultAtMs: Number.isNaN(heardAtMs) ? null : heardAtMs,
});
