import type { Check, Endpoint, Scheme } from '../../domain/endpoint.ts';
import type { Json } from '../../domain/json.ts';
import type { FailureReason, Phases, ProbeResult } from '../../domain/result.ts';
import { messageOf } from './text.ts';

export type Failure = { readonly reason: FailureReason; readonly error: string };

export type Measures = Pick<
  ProbeResult,
  'latencyMs' | 'phases' | 'statusCode' | 'exitCode' | 'certDaysLeft' | 'retries'
>;

export type Parsed =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'none'; readonly error: string };

export const noJson: Parsed = { kind: 'none', error: 'only answers of http and exec can be JSON' };

/** What the endpoint said, not yet judged. */
export type Answered = {
  readonly kind: 'answered';
  readonly measures: Measures;
  /** Where the answer falls short of the scheme's own criterion. Success tests take that criterion's place. */
  readonly shortfall: Failure | null;
  /** The values of these variables of CEL at least, as far as the answer has them. Getters in place of the
   *  names would cost 10 µs a check and much garbage. */
  readonly variables: (names: readonly string[]) => { readonly [name: string]: unknown };
  readonly json: () => Parsed;
};

export type Failed = { readonly kind: 'failed'; readonly measures: Measures; readonly failure: Failure };

export type Answer = Answered | Failed;

type CheckOf<S extends Scheme, C extends Check = Check> = C extends unknown
  ? S extends C['scheme']
    ? C
    : never
  : never;

/** Asks an endpoint once. An aborted signal ends it soon, as a `timeout`. */
type AskOnce = (signal: AbortSignal) => void;

/** Prepares the asking of one endpoint, which is asked one time at a time. Each time it calls `done` with what the
 *  endpoint said: once, and not before it returns. */
export type Ask<C extends Check = Check> = (
  endpoint: Endpoint & { readonly check: C },
  done: (answer: Answer) => void,
) => AskOnce;

export type Asks = { readonly [S in Scheme]: Ask<CheckOf<S>> };

export const noPhases: Phases = { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null };

/** What is measured of a check that has neither a status nor an exit code. */
export const measured = (latencyMs: number, phases: Phases = noPhases): Measures => ({
  latencyMs,
  phases,
  statusCode: null,
  exitCode: null,
  certDaysLeft: null,
  retries: 0,
});

/** An answer that cannot be had is a bug of ours, and so what came of the check. */
export const bug = (error: unknown): Failed =>
  failed(measured(0), { reason: 'internal', error: `this is a bug: ${messageOf(error)}` });

/** Makes an `Ask` of a function that does not reject on anything that an endpoint can do. */
export const askWith =
  <C extends Check>(
    ask: (endpoint: Endpoint & { readonly check: C }, signal: AbortSignal) => Promise<Answer>,
  ): Ask<C> =>
  (endpoint, done) =>
  signal =>
    void ask(endpoint, signal).then(done, error => done(bug(error)));

export const failed = (measures: Measures, failure: Failure): Failed => ({
  kind: 'failed',
  measures,
  failure,
});
