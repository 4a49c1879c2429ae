import type { RenderedAs } from '../../domain/rendered.ts';
import type { Destination, Target } from '../../domain/target.ts';
import type { Transition } from '../../domain/transition.ts';
import type { Outcome } from '../../engine/ports/send.ts';

export type DestinationKind = Destination['kind'];

export type Delivery<Kind extends DestinationKind> = {
  readonly target: Target;
  readonly to: Extract<Destination, { readonly kind: Kind }>;
  readonly rendered: RenderedAs<Kind>;
  readonly transition: Transition;
};

/** Bounded in time by itself. */
export type Sender<Kind extends DestinationKind> = (
  delivery: Delivery<Kind>,
  signal: AbortSignal,
) => Promise<Outcome>;

export type Senders = { readonly [kind in DestinationKind]: Sender<kind> };

export const accepted: Outcome = { kind: 'accepted' };
export const failed = (error: string, afterMs: number | null = null): Outcome => ({
  kind: 'failed',
  error,
  afterMs,
});
export const refused = (error: string): Outcome => ({ kind: 'refused', error });
