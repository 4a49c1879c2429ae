import type { Check, DnsCheck, ExecCheck, HttpCheck, Scheme, TlsOptions } from '../../domain/endpoint.ts';
import { quoted } from '../problem/show.ts';
import { showMs } from '../schema/duration.ts';
import { type EndpointKeys, endpointSchema } from '../schema/endpoint-schema.ts';
import { interned } from '../yaml/interned.ts';

const ONE_MIB_BYTES = 2 ** 20;
const DNS_PORT = 53;

/** Says what is wrong with a key, or with the endpoint's name where `key` is null. */
export type Report = (key: keyof EndpointKeys | null, message: string, fix: string) => void;

const tlsOptions = (keys: EndpointKeys): TlsOptions =>
  interned({
    verify: keys.tls_verify ?? true,
    servername: keys.tls_servername ?? null,
    caFile: keys.ca_file ?? null,
  });

const isHost = (text: string): boolean => endpointSchema.shape.host.safeParse(text).success;
const isUrl = (text: string): boolean => endpointSchema.shape.url.safeParse(text).success;

const WITH_SCHEME = /^[a-z]+:\/\//i;
const asAddress = (name: string, otherwise: string): string =>
  WITH_SCHEME.test(name) ? 'Leave the scheme out of the name; write it as scheme' : otherwise;

const httpUrl = (name: string, scheme: 'http' | 'https', url: string | undefined, report: Report): string => {
  if (url === undefined) {
    const address = `${scheme}://${name}`;
    if (WITH_SCHEME.test(name) || !isUrl(address))
      report(null, `${quoted(name)} is not an address`, asAddress(name, `Add url: ${scheme}://…`));
    return address;
  }
  const written = url.slice(0, url.indexOf(':'));
  if (written !== scheme)
    report('url', `url starts with ${written}:// and the scheme is ${scheme}`, `Write scheme: ${written}`);
  return url;
};

const httpCheck = (
  name: string,
  scheme: 'http' | 'https',
  keys: EndpointKeys,
  report: Report,
): HttpCheck => ({
  scheme,
  url: httpUrl(name, scheme, keys.url, report),
  method: keys.method ?? 'GET',
  headers: interned(keys.headers ?? {}),
  body: keys.body ?? null,
  followRedirects: keys.follow_redirects ?? 0,
  basicAuth:
    keys.basic_auth === undefined
      ? null
      : { username: keys.basic_auth.username, passwordSecret: keys.basic_auth.password_secret },
  bearerSecret: keys.bearer_secret ?? null,
  maxBodyBytes: keys.max_body_bytes ?? ONE_MIB_BYTES,
  freshConnection: keys.fresh_connection ?? false,
  tls: tlsOptions(keys),
});

const HOST_AND_PORT = /^(?:\[([^\]]+)\]|([^:\s/]+)):(\d{1,5})$/;

const withoutBrackets = (text: string) => text.replace(/^\[(.*)\]$/, '$1');

const address = (
  name: string,
  keys: EndpointKeys,
  report: Report,
): { readonly host: string; readonly port: number } => {
  const [, ipv6, plainHost, portText] = HOST_AND_PORT.exec(name) ?? [];
  const host = keys.host ?? ipv6 ?? plainHost ?? withoutBrackets(name);
  const port = keys.port ?? Number(portText ?? 0);
  if (!isHost(host)) report(null, `${quoted(name)} is not host:port`, asAddress(name, 'Add host and port'));
  else if (keys.port === undefined && portText === undefined)
    report(null, `${quoted(name)} has no port`, 'Name it host:port, or add port');
  else if (port < 1 || port > 65_535) report(null, `${port} is not a port`, 'Write a port from 1 to 65535');
  return { host, port };
};

const resolver = (text: string | undefined): string | null => {
  if (text === undefined) return null;
  return /\]$|^[^:]+$/.test(text) ? `${text}:${DNS_PORT}` : text;
};

const dnsCheck = (name: string, keys: EndpointKeys, report: Report): DnsCheck => {
  const host = keys.host ?? name;
  if (!isHost(host))
    report(null, `${quoted(name)} is not a name to look up`, asAddress(name, 'Add host: example.com'));
  return { scheme: 'dns', host, recordType: keys.record_type ?? 'A', resolver: resolver(keys.resolver) };
};

const KILL_AFTER_INTERRUPT_MS = 1000;

const execCheck = (keys: EndpointKeys, timeoutMs: number, report: Report): ExecCheck => {
  if (keys.test === undefined && keys.test_shell === undefined)
    report(
      null,
      'an exec endpoint needs test or test_shell',
      'Add test: /path/of/a/program, or one line as test_shell',
    );
  const interruptAfterMs = keys.timeout_int ?? timeoutMs;
  const killAfterMs = keys.timeout_kill ?? Math.max(timeoutMs, interruptAfterMs) + KILL_AFTER_INTERRUPT_MS;
  if (killAfterMs < interruptAfterMs)
    report(
      'timeout_kill',
      `timeout_kill is ${showMs(killAfterMs)}, before SIGINT`,
      `Write ${showMs(interruptAfterMs)} or more`,
    );
  return {
    scheme: 'exec',
    command:
      keys.test_shell !== undefined
        ? { kind: 'shell', line: keys.test_shell }
        : { kind: 'program', program: keys.test ?? '', arguments: keys.test_arguments ?? [] },
    interruptAfterMs,
    killAfterMs,
  };
};

export const resolveCheck = (
  name: string,
  scheme: Exclude<Scheme, 'self'>,
  keys: EndpointKeys,
  timeoutMs: number,
  report: Report,
): Check => {
  switch (scheme) {
    case 'http':
    case 'https':
      return httpCheck(name, scheme, keys, report);
    case 'tcp':
    case 'tls': {
      const connection = {
        ...address(name, keys, report),
        send: keys.send ?? null,
        expectBanner: keys.expect_banner ?? null,
      };
      return scheme === 'tcp'
        ? { scheme, ...connection }
        : { scheme, ...connection, freshConnection: keys.fresh_connection ?? false, tls: tlsOptions(keys) };
    }
    case 'dns':
      return dnsCheck(name, keys, report);
    case 'exec':
      return execCheck(keys, timeoutMs, report);
    default:
      return scheme satisfies never;
  }
};
