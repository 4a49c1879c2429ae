import type { Clock } from '../domain/clock.ts';
import type { HttpCheck } from '../domain/endpoint.ts';
import {
  createHttpConnection,
  type HttpConnection,
  type HttpFailure,
  type HttpResponse,
  type Limits,
} from './http-connection.ts';
import { firstStep, type HttpRequest, peerOf, requestOf, type Step } from './http-request.ts';
import type { SecureContexts } from './secure-context.ts';
import type { Sockets } from './socket.ts';

/** What an endpoint needs for each check, made once. */
type Prepared = {
  readonly check: HttpCheck;
  readonly authorization: string | null;
  readonly step: Step;
  readonly request: HttpRequest;
  /** The connection to the endpoint's own origin while no check uses it. */
  kept: HttpConnection | null;
};

type Visited = {
  readonly outcome: HttpResponse | HttpFailure;
  readonly certExpiresAtMs: number | null;
};

/** A kept connection sees neither a changed address nor a renewed certificate. */
const MAX_CONNECTION_AGE_MS = 600_000;

const ALPN = ['http/1.1'];

export type VisitDeps = {
  readonly clock: Clock;
  readonly version: string;
  readonly sockets: Sockets;
  readonly secureContext: SecureContexts;
};

export const createVisits = ({ clock, version, sockets, secureContext }: VisitDeps) => {
  /** A check that is forgotten takes its connection along: it is idle, so it closes by itself. */
  const preparedOf = new WeakMap<HttpCheck, Prepared>();

  const prepare = (check: HttpCheck, authorization: string | null): Prepared => {
    const known = preparedOf.get(check);
    if (known !== undefined && known.authorization === authorization) return known;
    const plain = firstStep(check, `peregrine/${version}`);
    const step = authorization === null ? plain : { ...plain, headers: { ...plain.headers, authorization } };
    const request = requestOf(step, check.freshConnection);
    const prepared = { check, authorization, step, request, kept: known?.kept ?? null };
    preparedOf.set(check, prepared);
    return prepared;
  };

  const take = (prepared: Prepared): HttpConnection | null => {
    const { kept } = prepared;
    prepared.kept = null;
    if (kept === null || clock.monotonicMs() - kept.createdAtMs < MAX_CONNECTION_AGE_MS) return kept;
    kept.close();
    return null;
  };

  const connect = async ({ check, step }: Prepared, url: URL): Promise<HttpConnection | HttpFailure> => {
    const peer = peerOf(url);
    if (url.protocol === 'http:') return createHttpConnection({ clock, sockets }, url.origin, peer, null);
    const loaded = await secureContext(check.tls.caFile);
    if (loaded.kind === 'unusable')
      return {
        kind: 'failure',
        failure: loaded.failure,
        stale: false,
        statusCode: null,
        ttfbMs: null,
        opening: null,
      };
    return createHttpConnection({ clock, sockets }, url.origin, peer, {
      context: loaded.context,
      verify: check.tls.verify,
      servername: url.host === step.url.host ? check.tls.servername : null,
      session: null,
      alpn: ALPN,
    });
  };

  const visit = async (
    prepared: Prepared,
    step: Step,
    request: HttpRequest,
    limits: Limits,
  ): Promise<Visited> => {
    const { url } = step;
    const own = step === prepared.step || url.origin === prepared.step.url.origin;
    let connection = own ? take(prepared) : null;
    let outcome: HttpResponse | HttpFailure | null = null;
    if (connection !== null) outcome = await connection.exchange(request, limits);
    // Whatever the method: a check is repeated all the time, so once more does no harm.
    if (outcome === null || (outcome.kind === 'failure' && outcome.stale)) {
      connection?.close();
      const connected = await connect(prepared, url);
      if ('kind' in connected) return { outcome: connected, certExpiresAtMs: null };
      connection = connected;
      outcome = await connection.exchange(request, limits);
    }
    const certExpiresAtMs = connection?.certExpiresAtMs() ?? null;
    if (outcome.kind === 'response' && own && !prepared.check.freshConnection) prepared.kept = connection;
    else connection?.close();
    return { outcome, certExpiresAtMs };
  };

  return { prepare, visit };
};
