import type { Transition } from '../../domain/transition.ts';

/** A transition on its way. */
export type OutboxEntry = {
  transition: Transition;
  /** false: the store is away, and targets hear of it all the same. */
  isSaved: boolean;
  /** Targets that have not accepted it yet. */
  readonly remaining: Set<string>;
  /** Targets that have accepted it, which the store does not know yet. */
  unacknowledged: readonly string[];
  /** The store is being told. */
  isAcknowledging: boolean;
};
