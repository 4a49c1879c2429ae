import type { Endpoint, HttpCheck } from '../../domain/endpoint.ts';
import { bug, type Failure } from '../answer/answer.ts';
import type { SecureContexts } from '../socket/secure-context.ts';
import type { Security } from '../socket/secure-socket.ts';
import { createTlsSessions } from '../socket/tls-sessions.ts';
import type { ConnectHttp, HttpConnection, HttpDeps, HttpFailure } from './exchange.ts';
import { MAX_IDLE_MS } from './kept-connections.ts';
import { firstStep, type HttpRequest, requestOf, type Step, type Unsendable } from './request.ts';

/** What an endpoint needs for each check, made once. */
export type Prepared = {
  readonly kind: 'prepared';
  readonly check: HttpCheck;
  readonly authorization: string | null;
  readonly step: Step;
  readonly request: HttpRequest;
  readonly wantsFields: boolean;
  /** The connection to its own origin is for the next check too. */
  readonly keeps: boolean;
};

const ALPN = ['http/1.1'];

export type VisitDeps = HttpDeps & {
  readonly version: string;
  readonly secureContext: SecureContexts;
  readonly connect: ConnectHttp;
};

export type HttpEndpoint = Endpoint & { readonly check: HttpCheck };

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

/** What an endpoint's checks send, and the connections that they go over. */
export const createVisits = (deps: VisitDeps) => {
  const { clock, version, secureContext } = deps;
  const sessions = createTlsSessions<HttpCheck>(clock);

  const prepare = (endpoint: HttpEndpoint, authorization: string | null): Prepared | Unsendable => {
    const { check } = endpoint;
    const plain = firstStep(check, `peregrine/${version}`);
    const step = authorization === null ? plain : { ...plain, headers: { ...plain.headers, authorization } };
    const keeps = keepsConnection(endpoint);
    const request = requestOf(step, !keeps);
    if (request.kind === 'unsendable') return request;
    const wantsFields = check.followRedirects > 0 || namesHeaders(endpoint);
    return { kind: 'prepared', check, authorization, step, request, wantsFields, keeps };
  };

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

  /** A new connection, now where that can be, else as soon as what it needs is loaded. */
  const connect = (
    prepared: Prepared,
    { url, peer }: Step,
    done: (connected: HttpConnection | HttpFailure) => void,
  ): void => {
    if (url.protocol === 'http:') return done(deps.connect(deps, url, peer, null));
    void securityOf(prepared, url)
      .then(security => ('kind' in security ? security : deps.connect(deps, url, peer, security)))
      .catch(error => noConnection(bug(error).failure, clock.monotonicMs()))
      .then(done);
  };

  return { prepare, connect };
};
