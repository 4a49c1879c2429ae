import type { Transition } from '../../domain/transition.ts';

/** How one attempt to deliver ended. `error` is for a person and holds no secret. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /** Try again, not before `afterMs` where the receiver said so. */
  | { readonly kind: 'failed'; readonly error: string; readonly afterMs: number | null }
  /** The receiver will never take this one. */
  | { readonly kind: 'refused'; readonly error: string };

/** Gives a transition to one target, by name. Never rejects; bounded in time by itself. */
export type Send = (target: string, transition: Transition, signal: AbortSignal) => Promise<Outcome>;
