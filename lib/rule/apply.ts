import type { Rule } from '../domain/rule.ts';
import {
  type RuleState,
  type State,
  type Suppression,
  type Transition,
  type TransitionKind,
  transitionId,
} from '../domain/transition.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { HeldState } from './held-state.ts';

export type Applied = { readonly state: RuleState; readonly transition: Transition | null };

export type ApplyContext = {
  /** Why nothing may be delivered now; asked at most once, and only when there is something to deliver. */
  readonly whySuppressed: (entered: State) => Suppression | null;
  /** Incarnation of the store that the transition is saved in. */
  readonly incarnation: string | null;
};

type Cause = Pick<Transition, 'reason' | 'error' | 'latencyMs' | 'statusCode' | 'values'>;

const settled = (rule: Rule, seen: RuleState): State => {
  if (seen.streakOk) return seen.state !== 'fail' || seen.streak >= rule.successThreshold ? 'ok' : 'fail';
  return seen.state === 'fail' || seen.streak >= rule.failureThreshold ? 'fail' : seen.state;
};

const kindOf = (entered: State, before: RuleState): TransitionKind =>
  entered === 'ok' && before.announced === null ? 'initial' : entered;

const transitionOf = (
  rule: Rule,
  state: RuleState,
  {
    kind,
    previousState,
    previousSinceMs,
    atMs,
    suppressed,
    cause,
    incarnation,
  }: {
    readonly kind: TransitionKind;
    readonly previousState: State;
    readonly previousSinceMs: number | null;
    readonly atMs: number;
    readonly suppressed: Suppression | null;
    readonly cause: Cause;
    readonly incarnation: string | null;
  },
): Transition => {
  const sinceMs = state.sinceMs ?? atMs;
  return {
    id: transitionId(rule.id, state.version, incarnation),
    ruleId: rule.id,
    version: state.version,
    kind,
    state: state.state,
    previousState,
    atMs,
    sinceMs,
    previousDurationMs: previousSinceMs === null ? null : Math.max(0, sinceMs - previousSinceMs),
    ...cause,
    subject: rule.subject,
    suppressed,
    merged: 0,
    saved: true,
    handedAtMs: null,
  };
};

/** From `before` into another state, entered at `sinceMs`. */
const change = (
  rule: Rule,
  before: RuleState,
  seen: RuleState,
  entered: State,
  times: { readonly sinceMs: number; readonly atMs: number },
  cause: Cause,
  context: ApplyContext,
): Applied => {
  const suppressed = entered === before.announced ? 'unannounced' : context.whySuppressed(entered);
  const told = suppressed === null || suppressed === 'unannounced';
  const state: RuleState = {
    ...seen,
    state: entered,
    sinceMs: times.sinceMs,
    version: before.version + 1,
    announced: told ? entered : before.announced,
    notifiedAtMs: told && entered === 'fail' ? times.atMs : null,
  };
  const transition = transitionOf(rule, state, {
    kind: kindOf(entered, before),
    previousState: before.state,
    previousSinceMs: before.sinceMs,
    atMs: times.atMs,
    suppressed,
    cause,
    incarnation: context.incarnation,
  });
  return { state, transition };
};

const causeOf = ({ reason, error, latencyMs, statusCode, values }: Verdict): Cause => ({
  reason,
  error,
  latencyMs,
  statusCode,
  values,
});

/** A change that was withheld is told as soon as nothing suppresses it any more; a fail is told again when
 *  `remind_every` has passed. */
const tellAgain = (
  rule: Rule,
  seen: RuleState,
  nowMs: number,
  verdict: Verdict,
  context: ApplyContext,
): Applied => {
  const withheld = seen.announced !== null ? seen.state !== seen.announced : seen.state === 'fail';
  const remind =
    seen.state === 'fail' &&
    rule.remindEveryMs !== null &&
    seen.notifiedAtMs !== null &&
    nowMs - seen.notifiedAtMs >= rule.remindEveryMs;
  if (!(withheld || remind) || context.whySuppressed(seen.state) !== null)
    return { state: seen, transition: null };
  const state: RuleState = {
    ...seen,
    version: seen.version + 1,
    announced: seen.state,
    notifiedAtMs: seen.state === 'fail' ? nowMs : null,
  };
  const transition = transitionOf(rule, state, {
    kind: withheld ? kindOf(seen.state, seen) : 'reminder',
    previousState: withheld ? (seen.announced ?? 'unknown') : seen.state,
    previousSinceMs: null,
    atMs: nowMs,
    suppressed: null,
    cause: causeOf(verdict),
    incarnation: context.incarnation,
  });
  return { state, transition };
};

/** A success after a success changes nothing that anybody hears of, and is counted. false: it may change something, ask
 *  `applyResult`. */
export const countUnchanged = (held: HeldState, ok: boolean, heardAtMs: number): boolean => {
  if (!ok || !held.streakOk || held.state !== 'ok' || held.announced !== 'ok') return false;
  held.heardAtMs = heardAtMs;
  held.streak++;
  held.runs++;
  return true;
};

/** Field by field: at each check, a spread would take half as long again. */
const sighted = (before: RuleState, ok: boolean, nowMs: number): RuleState => ({
  state: before.state,
  sinceMs: before.sinceMs,
  version: before.version,
  streak: before.streakOk === ok ? before.streak + 1 : 1,
  streakOk: ok,
  lastResultAtMs: nowMs,
  notifiedAtMs: before.notifiedAtMs,
  announced: before.announced,
  runs: before.runs + 1,
  failures: before.failures + (ok ? 0 : 1),
});

/** One verdict into a rule's state. Pure. `heardAtMs`: when it was true, before `nowMs`
 *  after a pause of the monitor. */
export const applyResult = (
  rule: Rule,
  before: RuleState,
  verdict: Verdict,
  heardAtMs: number,
  nowMs: number,
  context: ApplyContext,
): Applied => {
  const seen = sighted(before, verdict.ok, heardAtMs);
  const entered = settled(rule, seen);
  return entered === before.state
    ? tellAgain(rule, seen, nowMs, verdict, context)
    : change(rule, before, seen, entered, { sinceMs: heardAtMs, atMs: nowMs }, causeOf(verdict), context);
};

/** Silence into a rule's state, once the last verdict is older than `staleAfterMs`: `unknown` since that verdict, or for
 *  a rule whose silence is a failure `fail` since it became too long. Only time in which somebody listened counts. */
export const applySilence = (
  rule: Rule,
  before: RuleState,
  nowMs: number,
  context: ApplyContext,
): Applied => {
  const { lastResultAtMs } = before;
  const entered = rule.onSilence;
  if (
    before.state === 'unknown' ||
    before.state === entered ||
    lastResultAtMs === null ||
    nowMs - lastResultAtMs <= rule.staleAfterMs
  )
    return { state: before, transition: null };
  const cause: Cause = {
    reason: 'silence',
    error: `no result for ${((nowMs - lastResultAtMs) / 1000).toFixed(1)} s`,
    latencyMs: null,
    statusCode: null,
    values: {},
  };
  const sinceMs = entered === 'fail' ? lastResultAtMs + rule.staleAfterMs : lastResultAtMs;
  return change(rule, before, { ...before, streak: 0 }, entered, { sinceMs, atMs: nowMs }, cause, context);
};
