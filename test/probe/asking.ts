import { type Clock, systemClock } from '../../lib/domain/clock.ts';
import type {
  Check,
  DnsCheck,
  Endpoint,
  ExecCheck,
  HttpCheck,
  TcpCheck,
  TlsCheck,
} from '../../lib/domain/endpoint.ts';
import type { ProbeResult } from '../../lib/domain/result.ts';
import { type Asks, askWith, failed, measured } from '../../lib/probe/answer/answer.ts';
import { withTimeout } from '../../lib/probe/answer/with-timeout.ts';
import { createProbes, type Inspection, inspectWith, probeWith } from '../../lib/probe/probes.ts';
import { endpointOf } from '../support/endpoints.ts';
import { promised } from '../support/promised.ts';

const tlsOptions = { verify: true, servername: null, caFile: null };

export const httpCheck = (url: string, check: Partial<HttpCheck> = {}): HttpCheck => ({
  scheme: url.startsWith('https:') ? 'https' : 'http',
  url,
  method: 'GET',
  headers: {},
  body: null,
  followRedirects: 0,
  basicAuth: null,
  bearerSecret: null,
  maxBodyBytes: 2 ** 20,
  freshConnection: false,
  tls: tlsOptions,
  ...check,
});

export const tcpCheck = (port: number, check: Partial<TcpCheck> = {}): TcpCheck => ({
  scheme: 'tcp',
  host: '127.0.0.1',
  port,
  send: null,
  expectBanner: null,
  ...check,
});

export const tlsCheck = (port: number, check: Partial<TlsCheck> = {}): TlsCheck => ({
  ...tcpCheck(port),
  scheme: 'tls',
  freshConnection: false,
  tls: tlsOptions,
  ...check,
});

export const dnsCheck = (resolver: string, check: Partial<DnsCheck> = {}): DnsCheck => ({
  scheme: 'dns',
  host: 'shop.test',
  recordType: 'A',
  resolver,
  ...check,
});

export const shellCheck = (line: string, check: Partial<ExecCheck> = {}): ExecCheck => ({
  scheme: 'exec',
  command: { kind: 'shell', line },
  interruptAfterMs: 5000,
  killAfterMs: 6000,
  ...check,
});

export const endpointFor = (check: Check, given: Partial<Endpoint> = {}): Endpoint =>
  endpointOf('checked', { check, timeoutMs: 5000, ...given });

export type Asking = {
  readonly asks: Asks;
  readonly check: (endpoint: Endpoint) => Promise<ProbeResult>;
  readonly probe: (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeResult>;
  readonly inspect: (endpoint: Endpoint) => Promise<Inspection>;
  readonly close: () => void;
};

/** Real probes. */
export const asking = (
  secrets: { readonly [name: string]: string } = {},
  clock: Clock = systemClock,
  maxKept = 100,
): Asking => {
  const { asks, close } = createProbes({
    clock,
    readSecret: name => secrets[name] ?? null,
    environment: { ...process.env, PEREGRINE_SECRET_X: 'hidden', VISIBLE: 'yes' },
    version: '1.2.3',
    maxKept,
  });
  const all: Asks = {
    ...asks,
    self: askWith(async () => failed(measured(0), { reason: 'internal', error: 'not here' })),
  };
  const probe = promised(probeWith(all));
  return {
    asks: all,
    probe,
    check: withTimeout(systemClock, probe),
    inspect: withTimeout(systemClock, inspectWith(all)),
    close,
  };
};
