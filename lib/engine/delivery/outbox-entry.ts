import type { Transition } from '../../domain/transition.ts';

/** A saved transition on its way. */
export type OutboxEntry = {
  readonly transition: Transition;
  /** Who has not got it yet. */
  readonly remaining: Set<string>;
  /** Who got it, while the store does not know yet. */
  unacknowledged: readonly string[];
  /** The store is being told. */
  isAcknowledging: boolean;
};
