import type { Problem } from '../../config/problem/problem.ts';
import type { Transition } from '../../domain/transition.ts';
import type { DeliveryReport } from '../../engine/events/observer.ts';
import type { LoopStatus } from '../../engine/measures/status.ts';

export type Loaded = {
  readonly endpoints: number;
  readonly targets: number;
  /** How many files are ignored. */
  readonly invalidFiles: number;
};

export type Started = Loaded & {
  readonly version: string;
  readonly url: string;
  readonly folder: string;
  readonly workers: number;
};

/** For the status line. */
export type StatusLine = Pick<
  LoopStatus,
  'endpoints' | 'failing' | 'unknown' | 'checksPerSecond' | 'latenessMs'
>;

export type Entry =
  | { readonly kind: 'started'; readonly started: Started }
  | { readonly kind: 'reloaded'; readonly loaded: Loaded }
  /** Problem of a file, or one in words. */
  | { readonly kind: 'problem'; readonly problem: Problem | string }
  /** Nothing is wrong, and a person wants to know. */
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'transition'; readonly transition: Transition }
  | { readonly kind: 'delivery'; readonly report: DeliveryReport }
  | { readonly kind: 'stopped' };
