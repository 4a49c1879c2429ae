import type { HttpCheck } from '../domain/endpoint.ts';
import type { Phases } from '../domain/result.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import { type Answer, type Ask, failed, type Measures, measured, noPhases } from './answer.ts';
import { daysLeft } from './certificate.ts';
import { answerOf } from './http-answer.ts';
import { createAuthorization } from './http-authorization.ts';
import type { HttpFailure, HttpResponse, Limits } from './http-exchange.ts';
import { headerValue } from './http-headers.ts';
import { type HttpRequest, nextStep, requestOf } from './http-request.ts';
import { createVisits, type Prepared, type VisitDeps, type Visited } from './http-visit.ts';
import { excerpt } from './text.ts';

export type HttpDeps = VisitDeps & { readonly readSecret: ReadSecret };

/** One check on its way from request to request. */
type Journey = {
  readonly prepared: Prepared;
  readonly limits: Limits;
  request: HttpRequest;
  phases: Phases;
  redirects: number;
  retries: number;
};

const sum = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

/** Over redirects, each phase is the sum of what it took on the way. */
const addPhases = (phases: Phases, { opening, ttfbMs }: HttpResponse | HttpFailure): Phases => ({
  dnsMs: opening === null ? phases.dnsMs : sum(phases.dnsMs, opening.dnsMs),
  connectMs: opening === null ? phases.connectMs : sum(phases.connectMs, opening.connectMs),
  tlsMs: opening === null ? phases.tlsMs : sum(phases.tlsMs, opening.tlsMs),
  ttfbMs: sum(phases.ttfbMs, ttfbMs),
});

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where an answer leads; null when it is the answer itself. */
const locationOf = ({ statusCode, fields }: HttpResponse): string | null =>
  REDIRECTS.has(statusCode) ? headerValue(fields, 'location') : null;

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

const isStale = ({ outcome }: Visited): boolean => outcome.kind === 'failure' && outcome.stale;

export const askHttp = (deps: HttpDeps): Ask<HttpCheck> => {
  const { clock } = deps;
  const authorization = createAuthorization(deps.readSecret);
  const { prepare, take, exchange, open, leave } = createVisits(deps);

  /** null: it leads on. */
  const arrive = (journey: Journey, visited: Visited): Answer | null => {
    const { prepared, limits } = journey;
    const { outcome, connection } = visited;
    journey.phases = addPhases(journey.phases, outcome);
    const measures: Measures = {
      latencyMs: outcome.endedAtMs - limits.startedAtMs,
      phases: journey.phases,
      statusCode: outcome.statusCode,
      exitCode: null,
      certDaysLeft: daysLeft(connection?.certExpiresAtMs() ?? null, clock),
      retries: journey.retries,
    };
    leave(prepared, journey.request, visited);
    if (outcome.kind === 'failure') return failed(measures, outcome.failure);
    const location = prepared.check.followRedirects === 0 ? null : locationOf(outcome);
    if (location === null) return answerOf(outcome, limits.maxBodyBytes, measures);
    const error = redirect(journey, outcome.statusCode, location);
    return error === null ? null : failed(measures, { reason: 'redirect', error });
  };

  /** From what was seen last, or from the start. */
  const walk = async (journey: Journey, last: Visited | null): Promise<Answer> => {
    for (let visited = last; ; visited = null) {
      if (visited === null) {
        const { prepared, request, limits } = journey;
        const kept = take(prepared, request, clock.monotonicMs());
        visited = await (kept ? exchange(kept, request, limits) : open(prepared, request, limits));
      }
      // Whatever the method: a check is repeated all the time, so once more does no harm.
      if (isStale(visited)) {
        journey.retries += 1;
        visited.connection?.close();
        visited = await open(journey.prepared, journey.request, journey.limits);
      }
      const answer = arrive(journey, visited);
      if (answer !== null) return answer;
    }
  };

  return (endpoint, signal) => {
    const { check } = endpoint;
    const startedAtMs = clock.monotonicMs();
    const authorized = authorization(check);
    if (authorized.kind === 'missing') return Promise.resolve(failed(measured(0), authorized.failure));
    const prepared = prepare(endpoint, authorized.value);
    const { request } = prepared;
    if (request.kind === 'unsendable') return Promise.resolve(failed(measured(0), request.failure));
    const limits = {
      maxBodyBytes: check.maxBodyBytes,
      wantsFields: prepared.wantsFields,
      signal,
      startedAtMs,
    };
    const journey: Journey = { prepared, limits, request, phases: noPhases, redirects: 0, retries: 0 };
    const connection = take(prepared, request, startedAtMs);
    if (connection === null) return walk(journey, null);
    // The usual check is one exchange: a callback spares it a function that waits, 1 kB each time.
    return new Promise((resolve, reject) =>
      connection.exchange(request, limits, outcome => {
        try {
          const visited = { outcome, connection };
          const last = isStale(visited) ? visited : null;
          resolve((last === null ? arrive(journey, visited) : null) ?? walk(journey, last));
        } catch (cause) {
          reject(cause);
        }
      }),
    );
  };
};
