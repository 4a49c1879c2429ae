import type { HttpCheck } from '../domain/endpoint.ts';
import type { Peer } from './failure-texts.ts';

/** What undici is given; made once for each endpoint. */
export type HttpRequest = {
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Buffer | null;
  /** Close the connection after the answer. */
  readonly reset: boolean;
};

type Headers = { readonly [name: string]: string };

const DEFAULT_PORTS: { readonly [protocol: string]: number } = { 'http:': 80, 'https:': 443 };

/** Host names carry no brackets on the way to a socket, addresses of IPv6 in a URL do. */
export const peerOf = (url: URL): Peer => ({
  host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
  port: url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 80) : Number(url.port),
});

const hasHeader = (headers: Headers, name: string): boolean =>
  Object.keys(headers).some(key => key.toLowerCase() === name);

const without = (headers: Headers, dropped: (name: string) => boolean): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped(name.toLowerCase())));

/** What an endpoint asks, hop by hop. */
export type Step = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Buffer | null;
};

export const firstStep = (check: HttpCheck, userAgent: string): Step => {
  const headers = {
    ...(hasHeader(check.headers, 'user-agent') ? {} : { 'user-agent': userAgent }),
    ...(hasHeader(check.headers, 'accept') ? {} : { accept: '*/*' }),
    ...check.headers,
  };
  const body = check.body === null ? null : Buffer.from(check.body);
  return { url: new URL(check.url), method: check.method, headers, body };
};

export const requestOf = (step: Step, reset: boolean): HttpRequest => ({
  path: step.url.pathname + step.url.search,
  method: step.method,
  headers: Object.entries(step.headers).flat(),
  body: step.body,
  reset,
});

const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie', 'host']);

/** As browsers and curl do: 303 always becomes a GET, 301 and 302 make one of a POST, 307 and 308 keep all. */
const becomesGet = (statusCode: number, method: string): boolean =>
  statusCode === 303 ? method !== 'HEAD' : (statusCode === 301 || statusCode === 302) && method === 'POST';

/** The step that a redirect leads to. Another origin gets no credentials. */
export const nextStep = (step: Step, statusCode: number, url: URL): Step => {
  const kept =
    url.origin === step.url.origin ? step.headers : without(step.headers, name => CREDENTIALS.has(name));
  if (!becomesGet(statusCode, step.method)) return { ...step, url, headers: kept };
  return { url, method: 'GET', headers: without(kept, name => name.startsWith('content-')), body: null };
};
