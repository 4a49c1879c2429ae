import type { HttpCheck } from '../domain/endpoint.ts';
import type { Phases } from '../domain/result.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import {
  type Answer,
  type Ask,
  bug,
  type Failure,
  failed,
  type Measures,
  measured,
  noPhases,
} from './answer.ts';
import { daysLeft } from './certificate.ts';
import { answerOf } from './http-answer.ts';
import { createAuthorization, needsSecret } from './http-authorization.ts';
import type { Asking, HttpConnection, HttpResponse, Outcome } from './http-exchange.ts';
import { headerValue } from './http-headers.ts';
import { nextStep, requestOf } from './http-request.ts';
import { createVisits, type Prepared, type VisitDeps } from './http-visit.ts';
import { newPlace } from './kept-connections.ts';
import { excerpt } from './text.ts';

export type HttpDeps = VisitDeps & { readonly readSecret: ReadSecret };

type Changing<T> = { -readonly [key in keyof T]: T[key] };

/** An endpoint's check on its way from request to request. The next check writes it over: what a check makes anew lives
 *  until the answer comes, where the garbage collector finds it and copies it. */
type Journey = Changing<Asking> & {
  readonly prepared: Prepared;
  connection: HttpConnection | null;
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
  journey.redirects += 1;
  return null;
};

const isStale = (outcome: Outcome): boolean => outcome.kind === 'failure' && outcome.stale;

const abort = (journey: Journey): void => {
  journey.aborted = true;
  journey.connection?.abort();
};

export const askHttp = (deps: HttpDeps): Ask<HttpCheck> => {
  const { clock } = deps;
  const authorization = createAuthorization(deps.readSecret);
  const { prepare, take, connect, leave } = createVisits(deps);

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
    const kept = take(journey.prepared, journey.request, nowMs);
    if (kept === null) exchangeAnew(journey);
    else exchange(journey, kept, nowMs);
  };

  /** null: it leads on. */
  const arrive = (journey: Journey, outcome: Outcome): Answer | null => {
    const { prepared, request, connection } = journey;
    const phases = addPhases(journey.phases, outcome);
    const measures: Measures = {
      latencyMs: outcome.endedAtMs - journey.startedAtMs,
      phases,
      statusCode: outcome.statusCode,
      exitCode: null,
      certDaysLeft: daysLeft(connection === null ? null : connection.certExpiresAtMs, clock),
      retries: journey.retries,
    };
    if (connection !== null) leave(prepared, request, outcome, connection);
    // One that was closed is not held on to until the next check.
    journey.connection = null;
    if (outcome.kind === 'failure') return failed(measures, outcome.failure);
    const location = journey.wantsFields ? locationOf(prepared, outcome) : null;
    if (location === null) return answerOf(outcome, journey.maxBodyBytes, measures);
    journey.phases = phases;
    const error = redirect(journey, outcome.statusCode, location);
    return error === null ? null : failed(measures, { reason: 'redirect', error });
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
      if (journey.connection !== null) leave(journey.prepared, journey.request, outcome, journey.connection);
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
    journey.startedAtMs = startedAtMs;
    journey.request = journey.prepared.request;
    journey.phases = noPhases;
    journey.redirects = 0;
    journey.retries = 0;
    journey.aborted = aborted;
    go(journey, startedAtMs);
  };

  return (endpoint, done) => {
    const place = newPlace();
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
      const prepared = prepare(endpoint, authorized.value, place);
      if (prepared.kind === 'unsendable') return prepared.failure;
      journey = journeyWith(prepared, done);
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
