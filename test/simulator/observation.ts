import type { FailureReason } from '../../lib/domain/result.ts';
import type { RuleId } from '../../lib/domain/rule.ts';
import type { Ticks } from '../../lib/domain/ticks.ts';
import type { RuleState, State, Transition } from '../../lib/domain/transition.ts';
import type { Outcome } from '../../lib/engine/ports/send.ts';
import type { Pause } from './machine/process.ts';
import type { Edit, ServiceChange, TargetChange } from './world/world.ts';

/** A process of the world, and the jobset that it was started for. */
type Of = { readonly process: string; readonly jobset: string };

/** Of a process under the epoch that it knows it has. */
export type Under = Of & { readonly epoch: number };

type Seen =
  // Lives of processes.
  | (Of & { readonly kind: 'started' | 'asked to stop' | 'crashed' | 'exited' | 'deadline' })
  | (Under & { readonly kind: 'began' | 'ended' })
  | (Of & { readonly kind: 'paused'; readonly pause: Pause })
  | (Of & { readonly kind: 'woke' })
  | (Of & { readonly kind: 'clock stepped'; readonly byMs: number })
  | (Under & { readonly kind: 'problem'; readonly message: string })
  // What the world does.
  | { readonly kind: 'service'; readonly id: RuleId; readonly mode: ServiceChange['mode'] }
  | { readonly kind: 'target'; readonly name: string; readonly mode: TargetChange['mode'] }
  | { readonly kind: 'edited'; readonly edit: Edit }
  | { readonly kind: 'store away' | 'store back'; readonly how: string; readonly process: string | null }
  // Calls of the store, at the instant at which they are done.
  | (Under & {
      readonly kind: 'acquired';
      readonly watchedUntilMs: number | null;
      readonly nowMs: number;
    })
  /** `watchedUntilMs`, in true time: what the caller vouches for; null: nothing. */
  | (Under & { readonly kind: 'renewed' | 'released'; readonly watchedUntilMs: number | null })
  | (Under & { readonly kind: 'renewal refused' })
  | { readonly kind: 'hand-over asked'; readonly jobset: string; readonly epoch: number }
  | (Under & { readonly kind: 'save issued'; readonly transition: Transition })
  | (Under & {
      readonly kind: 'save done';
      readonly outcome: 'saved' | 'conflict' | 'fenced';
      /** It stood there already. */
      readonly repeated: boolean;
      readonly state: RuleState;
      readonly transition: Transition;
      readonly to: readonly string[];
    })
  | (Under & {
      readonly kind: 'checkpoint';
      readonly ids: ReadonlySet<RuleId>;
      readonly issuedAtMs: number;
    })
  | (Under & {
      readonly kind: 'acknowledged';
      readonly id: RuleId;
      readonly version: number;
      readonly to: readonly string[];
    })
  | (Under & { readonly kind: 'written to history'; readonly transitions: readonly Transition[] })
  | (Of & {
      readonly kind: 'call failed';
      readonly call: string;
      readonly why: string;
      readonly done: boolean;
    })
  // Checks.
  | (Under & { readonly kind: 'asked'; readonly id: RuleId; readonly up: boolean })
  | (Under & { readonly kind: 'answered'; readonly id: RuleId })
  | (Under & {
      readonly kind: 'checked';
      readonly id: RuleId;
      readonly ok: boolean;
      readonly reason: FailureReason | null;
      /** When it was asked, and what was true then. */
      readonly askedAtMs: number;
      readonly up: boolean;
      /** By the process's own wall clock. */
      readonly wallMs: number;
    })
  // What others hear.
  | (Under & { readonly kind: 'told'; readonly transition: Transition })
  | (Under & { readonly kind: 'sent' | 'received'; readonly target: string; readonly transition: Transition })
  | (Under & {
      readonly kind: 'delivered';
      readonly target: string;
      readonly transition: Transition;
      readonly outcome: Outcome;
    })
  // What the API shows.
  | (Under & {
      readonly kind: 'shown';
      readonly id: RuleId;
      readonly state: State;
      readonly ticks: Ticks;
      readonly wallMs: number;
    });

/** What was seen, and when in true time; `order` tells what came first at one instant. */
export type Observation = Seen & { readonly atMs: number; readonly order: number };

export type Kind = Seen['kind'];
type OfKind<One, Some extends Kind> = One extends { readonly kind: infer Kinds }
  ? Some extends Kinds
    ? One & { readonly kind: Some }
    : never
  : never;
export type SeenAs<Some extends Kind> = OfKind<Observation, Some>;

/** Tells of something that happens now. */
export type See = (seen: Seen) => void;
