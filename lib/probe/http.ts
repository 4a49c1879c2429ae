import { STATUS_CODES } from 'node:http';
import type { HttpCheck } from '../domain/endpoint.ts';
import type { Phases } from '../domain/result.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import {
  type Answer,
  type Answered,
  type Ask,
  type Failure,
  failed,
  type Measures,
  measured,
  noPhases,
} from './answer.ts';
import { daysLeft } from './certificate.ts';
import { createAuthorization } from './http-authorization.ts';
import { type Body, bodyJson, bodyText, decodeBody } from './http-body.ts';
import type { HttpFailure, HttpResponse } from './http-exchange.ts';
import { headerMap, headerValue } from './http-headers.ts';
import { nextStep, requestOf } from './http-request.ts';
import { createVisits, type VisitDeps, type Visited } from './http-visit.ts';
import { jsonOrNone } from './parse-json.ts';
import { excerpt } from './text.ts';

export type HttpDeps = VisitDeps & { readonly readSecret: ReadSecret };

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

const statusShortfall = (statusCode: number): Failure | null =>
  statusCode >= 200 && statusCode < 400
    ? null
    : { reason: 'status', error: `status ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() };

const answered = ({ statusCode, fields }: HttpResponse, body: Body, measures: Measures): Answered => {
  const { latencyMs, phases, certDaysLeft } = measures;
  return {
    kind: 'answered',
    measures,
    shortfall: statusShortfall(statusCode),
    json: () => bodyJson(body),
    variables: names => ({
      status_code: BigInt(statusCode),
      latency_ms: latencyMs,
      // A phase that did not happen, on a kept connection, took no time.
      dns_ms: phases.dnsMs ?? 0,
      connect_ms: phases.connectMs ?? 0,
      tls_ms: phases.tlsMs ?? 0,
      ttfb_ms: phases.ttfbMs ?? 0,
      cert_days_left: certDaysLeft ?? undefined,
      headers: names.includes('headers') ? headerMap(fields) : undefined,
      body: names.includes('body') ? bodyText(body) : undefined,
      json: names.includes('json') ? jsonOrNone(bodyJson(body)) : undefined,
    }),
  };
};

const finish = (response: HttpResponse, maxBodyBytes: number, measures: Measures): Answer => {
  const decoded = decodeBody(response.body, response.contentEncoding, maxBodyBytes);
  return decoded.kind === 'failed'
    ? failed(measures, decoded.failure)
    : answered(response, decoded.body, measures);
};

const isStale = ({ outcome }: Visited): boolean => outcome.kind === 'failure' && outcome.stale;

export const askHttp = (deps: HttpDeps): Ask<HttpCheck> => {
  const { clock } = deps;
  const authorization = createAuthorization(deps.readSecret);
  const { prepare, take, visit, leave } = createVisits(deps);

  return async (endpoint, signal) => {
    const { check } = endpoint;
    const startedAtMs = clock.monotonicMs();
    const authorized = authorization(check);
    if (authorized.kind === 'missing') return failed(measured(0), authorized.failure);
    const prepared = prepare(endpoint, authorized.value);
    const limits = { maxBodyBytes: check.maxBodyBytes, signal, startedAtMs };

    let { request } = prepared;
    let phases: Phases = noPhases;
    let retries = 0;
    for (let redirects = 0; ; redirects += 1) {
      if (request.kind === 'unsendable') return failed(measured(0, phases), request.failure);
      const kept = take(prepared, request, startedAtMs);
      let visited =
        kept === null
          ? await visit(prepared, request, limits)
          : { outcome: await kept.exchange(request, limits), connection: kept };
      // Whatever the method: a check is repeated all the time, so once more does no harm.
      if (kept !== null && isStale(visited)) {
        retries += 1;
        kept.close();
        visited = await visit(prepared, request, limits);
      }
      const { outcome, connection } = visited;
      phases = addPhases(phases, outcome);
      const measures: Measures = {
        latencyMs: outcome.endedAtMs - startedAtMs,
        phases,
        statusCode: outcome.statusCode,
        exitCode: null,
        certDaysLeft: daysLeft(connection?.certExpiresAtMs() ?? null, clock),
        retries,
      };
      leave(prepared, request, visited);
      if (outcome.kind === 'failure') return failed(measures, outcome.failure);

      const location = check.followRedirects === 0 ? null : locationOf(outcome);
      if (location === null) return finish(outcome, check.maxBodyBytes, measures);
      if (redirects === check.followRedirects)
        return failed(measures, { reason: 'redirect', error: `more than ${redirects} redirects` });
      const { step } = request;
      const url = redirectUrl(location, step.url);
      if (url === null) {
        const error = `redirected to "${excerpt(location)}", which is no http or https address`;
        return failed(measures, { reason: 'redirect', error });
      }
      request = requestOf(nextStep(step, outcome.statusCode, url), request.closes);
    }
  };
};
