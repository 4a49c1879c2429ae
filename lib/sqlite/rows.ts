import { boundedTransition } from '../domain/bounded-transition.ts';
import type { RuleState, Transition } from '../domain/transition.ts';
import type { Pending } from '../engine/ports/rule-store.ts';

export type RuleRow = {
  readonly number: number;
  readonly id: string;
  readonly jobset: string;
  readonly epoch: number;
  readonly version: number;
  readonly state: RuleState['state'];
  readonly since_ms: number | null;
  readonly streak: number;
  readonly streak_ok: number;
  readonly last_result_at_ms: number | null;
  readonly notified_at_ms: number | null;
  readonly announced: RuleState['announced'];
  readonly runs: number;
  readonly failures: number;
};

/** In the order that `stateValues` gives. */
export const STATE_COLUMNS = [
  'version',
  'state',
  'since_ms',
  'streak',
  'streak_ok',
  'last_result_at_ms',
  'notified_at_ms',
  'announced',
  'runs',
  'failures',
] as const satisfies readonly (keyof RuleRow)[];

export const stateValues = (state: RuleState) =>
  [
    state.version,
    state.state,
    state.sinceMs,
    state.streak,
    state.streakOk ? 1 : 0,
    state.lastResultAtMs,
    state.notifiedAtMs,
    state.announced,
    state.runs,
    state.failures,
  ] as const;

export const stateIn = (row: RuleRow): RuleState => ({
  version: row.version,
  state: row.state,
  sinceMs: row.since_ms,
  streak: row.streak,
  streakOk: row.streak_ok === 1,
  lastResultAtMs: row.last_result_at_ms,
  notifiedAtMs: row.notified_at_ms,
  announced: row.announced,
  runs: row.runs,
  failures: row.failures,
});

export type PendingRow = { readonly waiting: string; readonly transition_json: string };

export const transitionText = (transition: Transition): string => boundedTransition(transition);
export const transitionIn = ({ transition_json }: Pick<PendingRow, 'transition_json'>): Transition =>
  JSON.parse(transition_json);

export const waitingText = (to: readonly string[]): string => JSON.stringify(to);
export const waitingIn = ({ waiting }: Pick<PendingRow, 'waiting'>): readonly string[] => JSON.parse(waiting);

export const pendingIn = (row: PendingRow): Pending => ({
  transition: transitionIn(row),
  to: waitingIn(row),
});
