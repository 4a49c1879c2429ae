import type { Endpoint } from '../../domain/endpoint.ts';
import type { ProbeResult } from '../../domain/result.ts';
import type { Transition } from '../../domain/transition.ts';
import type { Outcome } from '../ports/send.ts';

export type CheckReport = {
  readonly endpoint: Endpoint;
  /** When it started. */
  readonly atMs: number;
  /** How long after its due instant it started. */
  readonly lateMs: number;
  readonly result: ProbeResult;
};

export type DeliveryReport = {
  readonly transition: Transition;
  readonly target: string;
  readonly outcome: Outcome;
  /** From 1; 0 of what is given up untried, because its target was down for a day. */
  readonly attempt: number;
};

/** What one may watch of a running engine. Called synchronously on the check path: be quick, do not throw. */
export type Observer = {
  /** The lease is taken, the states are loaded: checks run from now on. */
  readonly onBegin?: () => void;
  /** No check runs any more; what the worker tells of itself can be read for the last time. */
  readonly onEnd?: () => void;
  readonly onCheck?: (check: CheckReport) => void;
  /** Once it is saved. */
  readonly onTransition?: (transition: Transition) => void;
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Something that a person must know and no other call says: a store outage, a lost lease. */
  readonly onProblem?: (message: string) => void;
};
