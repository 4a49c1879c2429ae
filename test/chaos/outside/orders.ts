import type { Pause } from './pauses.ts';
import type { Arrival } from './receiver.ts';
import type { Answers } from './spans.ts';

/** What the harness may tell the outside to do, and what it answers. */
export type Orders = {
  /** Endpoints of a behaviour do another one from now on. */
  readonly replace: {
    readonly with: { readonly behaviour: string; readonly by: string };
    readonly gives: null;
  };
  /** Every target takes all that it is sent. */
  readonly heal: { readonly with: null; readonly gives: null };
  /** Nobody listens on the receiver's port. */
  readonly closeReceiver: { readonly with: null; readonly gives: null };
  readonly openReceiver: { readonly with: null; readonly gives: null };
  readonly answered: {
    readonly with: null;
    readonly gives: { readonly total: number; readonly endpoints: number };
  };
  readonly answers: { readonly with: null; readonly gives: Answers };
  readonly pauses: { readonly with: null; readonly gives: readonly Pause[] };
  /** Those from this place on. */
  readonly arrivals: { readonly with: number; readonly gives: readonly Arrival[] };
};

export type Order = keyof Orders;

export type Ports = { readonly service: number; readonly receiver: number };

export type Told<O extends Order = Order> = {
  readonly call: number;
  readonly order: O;
  readonly with: Orders[O]['with'];
};

export type Said = { readonly call: number; readonly gives: unknown };
