import type { Scheme } from './endpoint.ts';

/** CEL types of what a `success_test` may name. */
type VariableType = 'int' | 'double' | 'string' | 'bool' | 'dyn' | 'map<string, string>' | 'list<string>';
type Variables = { readonly [name: string]: VariableType };

const timings: Variables = { latency_ms: 'double', dns_ms: 'double', connect_ms: 'double' };
const tls: Variables = { tls_ms: 'double', cert_days_left: 'double' };
const http: Variables = {
  ...timings,
  ...tls,
  ttfb_ms: 'double',
  status_code: 'int',
  headers: 'map<string, string>',
  body: 'string',
  json: 'dyn',
};

/** The variables that a scheme's answers have. Config checks expressions against them, probes supply them. */
export const successTestVariables: { readonly [scheme in Scheme]: Variables } = {
  http,
  https: http,
  tcp: { ...timings, banner: 'string' },
  tls: { ...timings, ...tls, banner: 'string' },
  dns: { latency_ms: 'double', records: 'list<string>' },
  exec: { latency_ms: 'double', exit_code: 'int', output: 'string', json: 'dyn' },
  self: {
    invalid_files: 'int',
    lateness_ms: 'double',
    missed_ticks: 'int',
    scaling_limit_hit: 'bool',
    endpoints_fit: 'int',
    target_failures: 'int',
    store_failures: 'int',
  },
};
