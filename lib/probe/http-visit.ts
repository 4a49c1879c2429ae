import type { Endpoint, HttpCheck } from '../domain/endpoint.ts';
import type { Failure } from './answer.ts';
import type {
  ConnectHttp,
  HttpConnection,
  HttpDeps,
  HttpFailure,
  HttpResponse,
  Limits,
} from './http-exchange.ts';
import {
  firstStep,
  type HttpRequest,
  peerOf,
  requestOf,
  type Step,
  type Unsendable,
} from './http-request.ts';
import { type KeptConnections, MAX_IDLE_MS, newPlace, type Place } from './kept-connections.ts';
import type { SecureContexts } from './secure-context.ts';
import type { Security } from './socket.ts';
import { createTlsSessions } from './tls-sessions.ts';

/** What an endpoint needs for each check, made once. */
export type Prepared = {
  readonly check: HttpCheck;
  readonly authorization: string | null;
  readonly step: Step;
  readonly request: HttpRequest | Unsendable;
  readonly wantsFields: boolean;
  /** Its connection is for the next check too. */
  readonly keeps: boolean;
  /** For the connection to the endpoint's own origin. */
  readonly place: Place;
};

export type Visited = {
  readonly outcome: HttpResponse | HttpFailure;
  /** null: there was none to be had. */
  readonly connection: HttpConnection | null;
};

const ALPN = ['http/1.1'];

export type VisitDeps = HttpDeps & {
  readonly version: string;
  readonly secureContext: SecureContexts;
  readonly connect: ConnectHttp;
  readonly kept: KeptConnections;
};

type HttpEndpoint = Endpoint & { readonly check: HttpCheck };

/** A connection that would be idle for too long until the next check is not worth its socket. */
const keepsConnection = ({ check, schedule }: HttpEndpoint): boolean =>
  !check.freshConnection &&
  schedule.kind === 'interval' &&
  Math.min(schedule.everyMs, schedule.failEveryMs) < MAX_IDLE_MS;

const namesHeaders = ({ successTests }: Endpoint): boolean =>
  successTests.some(test => test.kind === 'cel' && /\bheaders\b/.test(test.expression));

const noConnection = (failure: Failure, endedAtMs: number): HttpFailure => ({
  kind: 'failure',
  failure,
  stale: false,
  statusCode: null,
  ttfbMs: null,
  endedAtMs,
  opening: null,
});

const isOwn = (prepared: Prepared, step: Step): boolean =>
  step === prepared.step || step.url.origin === prepared.step.url.origin;

export const createVisits = (deps: VisitDeps) => {
  const { clock, version, secureContext, kept } = deps;
  const preparedOf = new WeakMap<HttpEndpoint, Prepared>();
  const sessions = createTlsSessions<HttpCheck>(clock);

  const prepare = (endpoint: HttpEndpoint, authorization: string | null): Prepared => {
    const { check } = endpoint;
    const known = preparedOf.get(endpoint);
    if (known !== undefined && known.authorization === authorization) return known;
    const plain = firstStep(check, `peregrine/${version}`);
    const step = authorization === null ? plain : { ...plain, headers: { ...plain.headers, authorization } };
    const keeps = keepsConnection(endpoint);
    const prepared: Prepared = {
      check,
      authorization,
      step,
      request: requestOf(step, !keeps),
      wantsFields: check.followRedirects > 0 || namesHeaders(endpoint),
      keeps,
      place: known?.place ?? newPlace(),
    };
    preparedOf.set(endpoint, prepared);
    return prepared;
  };

  /** The kept connection, where there is one to this step's origin. */
  const take = (prepared: Prepared, { step }: HttpRequest, nowMs: number): HttpConnection | null =>
    prepared.place.connection !== null && isOwn(prepared, step) ? kept.take(prepared.place, nowMs) : null;

  const securityOf = async ({ check, step, keeps }: Prepared, url: URL): Promise<Security | HttpFailure> => {
    const loaded = await secureContext(check.tls.caFile);
    if (loaded.kind === 'unusable') return noConnection(loaded.failure, clock.monotonicMs());
    const resumes = !keeps && url.host === step.url.host;
    return {
      context: loaded.context,
      verify: check.tls.verify,
      servername: url.host === step.url.host ? check.tls.servername : null,
      session: resumes ? sessions.of(check) : null,
      keepSession: resumes ? sessions.keeper(check) : null,
      alpn: ALPN,
    };
  };

  const connect = async (prepared: Prepared, url: URL): Promise<HttpConnection | HttpFailure> => {
    if (url.protocol === 'http:') return deps.connect(deps, url, peerOf(url), null);
    const security = await securityOf(prepared, url);
    return 'kind' in security ? security : deps.connect(deps, url, peerOf(url), security);
  };

  const exchange = (connection: HttpConnection, request: HttpRequest, limits: Limits): Promise<Visited> =>
    new Promise(resolve => connection.exchange(request, limits, outcome => resolve({ outcome, connection })));

  /** An exchange on a new connection. */
  const open = async (prepared: Prepared, request: HttpRequest, limits: Limits): Promise<Visited> => {
    const connected = await connect(prepared, request.step.url);
    return 'kind' in connected
      ? { outcome: connected, connection: null }
      : exchange(connected, request, limits);
  };

  /** Keeps a connection for the next check, or closes it. */
  const leave = (prepared: Prepared, { step }: HttpRequest, { outcome, connection }: Visited): void => {
    if (connection === null) return;
    const isKept =
      prepared.keeps && outcome.kind === 'response' && connection.isUsable() && isOwn(prepared, step);
    if (isKept) kept.keep(prepared.place, connection, outcome.endedAtMs);
    else connection.close();
  };

  return { prepare, take, exchange, open, leave };
};
