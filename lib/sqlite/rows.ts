import { boundedTransition } from '../domain/bounded-transition.ts';
import type { RuleState, Transition } from '../domain/transition.ts';
import type { Pending } from '../engine/ports/rule-store.ts';

export type RuleRow = {
  readonly id: string;
  readonly jobset: string;
  readonly epoch: number;
  readonly version: number;
  readonly state: string;
};

export const stateText = ({ version: _, ...state }: RuleState): string => JSON.stringify(state);
export const stateIn = ({ version, state }: Pick<RuleRow, 'version' | 'state'>): RuleState => ({
  ...JSON.parse(state),
  version,
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
