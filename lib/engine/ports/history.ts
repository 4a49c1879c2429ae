import type { RuleId } from '../../domain/rule.ts';
import type { Transition } from '../../domain/transition.ts';

export type TransitionQuery = {
  readonly endpoint: RuleId | null;
  /** Only transitions before this: an instant in ms, or a transition's own place `<at ms>#<id>`. */
  readonly before: string | null;
  readonly limit: number;
};

export type History = {
  /** Writes transitions by id: repeating one changes nothing. */
  readonly append: (transitions: readonly Transition[], signal: AbortSignal) => Promise<void>;
  /** Newest first. */
  readonly list: (query: TransitionQuery, signal: AbortSignal) => Promise<readonly Transition[]>;
};
