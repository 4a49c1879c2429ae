import type { Machine } from '../../bench/harness/machine.ts';
import type { Fact } from '../scenario.ts';

/** What came of one scenario: its facts, or why there are none. */
export type Outcome = { readonly name: string; readonly promise: string; readonly tookMs: number } & (
  | { readonly kind: 'tried'; readonly facts: readonly Fact[] }
  | { readonly kind: 'broke'; readonly why: string }
  | { readonly kind: 'not-run'; readonly why: string }
);

export type Report = {
  readonly machine: Machine;
  readonly seed: number;
  readonly tookMs: number;
  readonly outcomes: readonly Outcome[];
};

export const held = (outcome: Outcome): boolean =>
  outcome.kind === 'tried' && outcome.facts.every(({ holds }) => holds);

export const allHeld = ({ outcomes }: Report): boolean =>
  outcomes.every(outcome => outcome.kind === 'not-run' || held(outcome));
