import type { Config } from '../../lib/domain/config.ts';
import type { Endpoint, HttpCheck } from '../../lib/domain/endpoint.ts';
import { endpointOf, targetName } from '../support/endpoints.ts';

export const every = (everyMs: number): Endpoint['schedule'] => ({
  kind: 'interval',
  everyMs,
  failEveryMs: everyMs,
});

export const httpOf = (scheme: 'http' | 'https', given: Partial<HttpCheck> = {}): HttpCheck => ({
  scheme,
  url: `${scheme}://shop.example.com/health`,
  method: 'GET',
  headers: {},
  body: null,
  followRedirects: 0,
  basicAuth: null,
  bearerSecret: null,
  maxBodyBytes: 1024 * 1024,
  freshConnection: false,
  tls: { verify: true, servername: null, caFile: null },
  ...given,
});

const self = endpointOf('self', { schedule: every(10_000), check: { scheme: 'self' } });

export const configOf = (endpoints: readonly Endpoint[], targets: Config['targets'] = []): Config => ({
  endpoints: [...endpoints, self],
  targets,
});

/** So many alike, each with these targets. */
export const many = (
  count: number,
  everyMs: number,
  { scheme = 'http', targets = [] }: { scheme?: 'http' | 'https'; targets?: readonly string[] } = {},
): readonly Endpoint[] =>
  Array.from({ length: count }, (_, n) =>
    endpointOf(`shop-${n}-example-com-health`, {
      schedule: every(everyMs),
      check: httpOf(scheme),
      targets: targets.map(targetName),
    }),
  );

export const NO_LIMITS = {
  maxWorkers: null,
  maxMonthlyUsd: null,
  freeTier: false,
  region: null,
  alarmTopicArn: null,
};
