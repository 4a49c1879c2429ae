import type { HttpCheck } from '../../domain/endpoint.ts';
import type { Phases } from '../../domain/result.ts';
import type { ReadSecret } from '../../domain/secrets.ts';
import {
  type Answer,
  type Ask,
  bug,
  type Failure,
  failed,
  type Measures,
  measured,
  noPhases,
} from '../answer/answer.ts';
import { excerpt } from '../answer/text.ts';
import { daysLeft } from '../socket/certificate.ts';
import { answerOf } from './answer.ts';
import { createAuthorization, needsSecret } from './authorization.ts';
import type { Asking, HttpConnection, HttpResponse, Outcome } from './exchange.ts';
import { headerValue } from './headers.ts';
import type { KeptConnections, Place } from './kept-connections.ts';
import { createVisits, type Prepared, type VisitDeps } from './prepare.ts';
import { nextStep, requestOf } from './request.ts';

export type HttpDeps = VisitDeps & { readonly readSecret: ReadSecret; readonly kept: KeptConnections };

type Changing<T> = { -readonly [key in keyof T]: T[key] };

/** An endpoint's check on its way from request to request, and the place of its connection. The next check writes it
 *  over: what a check makes anew lives until the answer comes, where the garbage collector finds it and copies it. */
type Journey = Changing<Asking> &
  Place & {
    prepared: Prepared;
    /** The request's connection is for the next check too. */
    keeps: boolean;
    /** The one that the request is on. */
    connection: HttpConnection | null;
    /** Until the last redirect, and how many there were. */
    phases: Phases;
    redirects: number;
    retries: number;
    aborted: boolean;
    readonly done: (answer: Answer) => void;
  };

const sum = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

/** Over redirects, each phase is the sum of what it took on the way. */
const addPhases = (phases: Phases, { opening, ttfbMs }: Outcome): Phases => ({
  dnsMs: opening === null ? phases.dnsMs : sum(phases.dnsMs, opening.dnsMs),
  connectMs: opening === null ? phases.connectMs : sum(phases.connectMs, opening.connectMs),
  tlsMs: opening === null ? phases.tlsMs : sum(phases.tlsMs, opening.tlsMs),
  ttfbMs: sum(phases.ttfbMs, ttfbMs),
});

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where an answer leads; null when it is the answer itself. */
const locationOf = ({ check }: Prepared, { statusCode, fields }: HttpResponse): string | null =>
  check.followRedirects > 0 && REDIRECTS.has(statusCode) ? headerValue(fields, 'location') : null;

const redirectUrl = (location: string, from: URL): URL | null => {
  const url = URL.parse(location, from.href);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null;
};

/** On to where a response leads; what it returns is why not. */
const redirect = (journey: Journey, statusCode: number, location: string): string | null => {
  const { request, prepared } = journey;
  if (journey.redirects === prepared.check.followRedirects) return `more than ${journey.redirects} redirects`;
  const url = redirectUrl(location, request.step.url);
  if (url === null) return `redirected to "${excerpt(location)}", which is no http or https address`;
  const next = requestOf(nextStep(request.step, statusCode, url), request.closes);
  if (next.kind === 'unsendable') return next.failure.error;
  journey.request = next;
  journey.keeps = prepared.keeps && url.origin === prepared.step.url.origin;
  journey.redirects += 1;
  return null;
};

const backToStart = (journey: Journey): void => {
  const { request, keeps } = journey.prepared;
  journey.request = request;
  journey.keeps = keeps;
  journey.phases = noPhases;
  journey.redirects = 0;
};

const isStale = (outcome: Outcome): boolean => outcome.kind === 'failure' && outcome.stale;

const abort = (journey: Journey): void => {
  journey.aborted = true;
  journey.connection?.abort();
};

export const askHttp = (deps: HttpDeps): Ask<HttpCheck> => {
  const { clock, kept } = deps;
  const authorization = createAuthorization(deps.readSecret);
  const { prepare, connect } = createVisits(deps);

  const exchange = (journey: Journey, connection: HttpConnection, nowMs: number): void => {
    journey.connection = connection;
    try {
      connection.exchange(journey, nowMs);
      if (journey.aborted) queueMicrotask(() => connection.abort());
    } catch (error) {
      queueMicrotask(() => journey.done(bug(error)));
    }
  };

  const exchangeAnew = (journey: Journey): void => {
    journey.connection = null;
    connect(journey.prepared, journey.request.step, connected =>
      'kind' in connected ? journey.onOutcome(connected) : exchange(journey, connected, clock.monotonicMs()),
    );
  };

  const go = (journey: Journey, nowMs: number): void => {
    const connection = journey.keeps ? kept.take(journey, nowMs) : null;
    if (connection === null) exchangeAnew(journey);
    else exchange(journey, connection, nowMs);
  };

  const leave = (journey: Journey, connection: HttpConnection, outcome: Outcome): void => {
    // One that was closed is not held on to until the next check.
    journey.connection = null;
    if (journey.keeps && outcome.kind === 'response' && connection.usable)
      kept.keep(journey, connection, outcome.endedAtMs);
    else kept.drop(journey, connection);
  };

  /** null: it leads on. */
  const arrive = (journey: Journey, outcome: Outcome): Answer | null => {
    const { prepared, connection } = journey;
    const phases = addPhases(journey.phases, outcome);
    const measures: Measures = {
      latencyMs: outcome.endedAtMs - journey.startedAtMs,
      phases,
      statusCode: outcome.statusCode,
      exitCode: null,
      certDaysLeft: daysLeft(connection === null ? null : connection.certExpiresAtMs, clock),
      retries: journey.retries,
    };
    if (connection !== null) leave(journey, connection, outcome);
    if (outcome.kind === 'failure') return failed(measures, outcome.failure);
    const location = journey.wantsFields ? locationOf(prepared, outcome) : null;
    if (location === null) return answerOf(outcome, journey.maxBodyBytes, measures);
    const error = redirect(journey, outcome.statusCode, location);
    if (error !== null) return failed(measures, { reason: 'redirect', error });
    journey.phases = phases;
    return null;
  };

  const answerTo = (journey: Journey, outcome: Outcome): Answer | null => {
    try {
      return arrive(journey, outcome);
    } catch (error) {
      return bug(error);
    }
  };

  const goOn = (journey: Journey, outcome: Outcome): void => {
    // Whatever the method: a check is repeated all the time, so once more does no harm.
    if (isStale(outcome)) {
      journey.retries += 1;
      if (journey.connection !== null) leave(journey, journey.connection, outcome);
      return exchangeAnew(journey);
    }
    const answer = answerTo(journey, outcome);
    if (answer === null) go(journey, outcome.endedAtMs);
    else journey.done(answer);
  };

  function onOutcome(this: Journey, outcome: Outcome): void {
    goOn(this, outcome);
  }

  const journeyWith = (prepared: Prepared, done: Journey['done']): Journey => ({
    prepared,
    keeps: prepared.keeps,
    kept: null,
    keptSinceMs: 0,
    idleSinceMs: 0,
    inUse: false,
    at: 0,
    request: prepared.request,
    maxBodyBytes: prepared.check.maxBodyBytes,
    wantsFields: prepared.wantsFields,
    startedAtMs: 0,
    onOutcome,
    connection: null,
    phases: noPhases,
    redirects: 0,
    retries: 0,
    aborted: false,
    done,
  });

  const begin = (journey: Journey, startedAtMs: number, aborted: boolean): void => {
    if (journey.redirects > 0) backToStart(journey);
    journey.startedAtMs = startedAtMs;
    journey.retries = 0;
    journey.aborted = aborted;
    go(journey, startedAtMs);
  };

  return (endpoint, done) => {
    const hasSecret = needsSecret(endpoint.check);
    let journey: Journey | null = null;
    let listened: AbortSignal | null = null;
    const onAbort = (): void => {
      if (journey !== null) abort(journey);
    };
    /** Checks come with the same signal again and again. */
    const listen = (signal: AbortSignal): void => {
      listened?.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort);
      listened = signal;
    };
    /** Made ready for the first check, and again when its secrets have changed; null where that can be done. */
    const renew = (): Failure | null => {
      const authorized = authorization(endpoint.check);
      if (authorized.kind === 'missing') return authorized.failure;
      if (journey !== null && journey.prepared.authorization === authorized.value) return null;
      const prepared = prepare(endpoint, authorized.value);
      if (prepared.kind === 'unsendable') return prepared.failure;
      journey ??= journeyWith(prepared, done);
      journey.prepared = prepared;
      backToStart(journey);
      return null;
    };
    return signal => {
      const startedAtMs = clock.monotonicMs();
      const failure = journey === null || hasSecret ? renew() : null;
      if (failure !== null) return queueMicrotask(() => done(failed(measured(0), failure)));
      const isNew = signal !== listened;
      if (isNew) listen(signal);
      begin(journey as Journey, startedAtMs, isNew && signal.aborted);
    };
  };
};
