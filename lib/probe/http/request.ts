import type { HttpCheck } from '../../domain/endpoint.ts';
import type { Failure } from '../answer/answer.ts';
import type { Peer } from '../answer/failure-texts.ts';

type Headers = { readonly [name: string]: string };

const DEFAULT_PORTS: { readonly [protocol: string]: number } = { 'http:': 80, 'https:': 443 };

/** Host names carry no brackets on the way to a socket, addresses of IPv6 in a URL do. */
const peerOf = (url: URL): Peer => ({
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
  /** Peer of `url`, whose parts would else be cut out of it each time. */
  readonly peer: Peer;
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
  const url = new URL(check.url);
  return { url, peer: peerOf(url), method: check.method, headers, body };
};

/** What goes out; made once for each endpoint. */
export type HttpRequest = {
  readonly kind: 'request';
  readonly step: Step;
  /** The connection is closed after the answer. */
  readonly closes: boolean;
  /** An answer to it has no body. */
  readonly headOnly: boolean;
  /** As it goes over the wire (RFC 9112, 3). */
  readonly bytes: Buffer;
};

export type Unsendable = { readonly kind: 'unsendable'; readonly failure: Failure };

/** What says where a message ends or how a connection goes on is not for an endpoint to say. */
const OWN_HEADERS = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
]);
const UNSENDABLE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const unsendable = (headers: Headers): Unsendable | null => {
  for (const [name, value] of Object.entries(headers)) {
    // The value may be a secret.
    const why = OWN_HEADERS.has(name.toLowerCase())
      ? `the header ${name} is Peregrine's own: remove it`
      : UNSENDABLE_VALUE.test(value)
        ? `the value of the header ${name} has a character that no header can hold`
        : null;
    if (why !== null)
      return {
        kind: 'unsendable',
        failure: { reason: 'internal', error: `the request cannot be sent: ${why}` },
      };
  }
  return null;
};

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** `url.host` has the port where it is not the usual one. */
const bytesOf = ({ url, method, headers, body }: Step, closes: boolean): Buffer => {
  const length = body?.length ?? (WITH_BODY.has(method) ? 0 : null);
  const lines = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    ...(hasHeader(headers, 'host') ? [] : [`host: ${url.host}`]),
    `connection: ${closes ? 'close' : 'keep-alive'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(length === null ? [] : [`content-length: ${length}`]),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return body === null ? head : Buffer.concat([head, body]);
};

export const requestOf = (step: Step, closes: boolean): HttpRequest | Unsendable =>
  unsendable(step.headers) ?? {
    kind: 'request',
    step,
    closes,
    headOnly: step.method === 'HEAD',
    bytes: bytesOf(step, closes),
  };

const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie', 'host']);

/** As browsers and curl do: 303 always becomes a GET, 301 and 302 make one of a POST, 307 and 308 keep all. */
const becomesGet = (statusCode: number, method: string): boolean =>
  statusCode === 303 ? method !== 'HEAD' : (statusCode === 301 || statusCode === 302) && method === 'POST';

/** The step that a redirect leads to. Another origin gets no credentials. */
export const nextStep = (step: Step, statusCode: number, url: URL): Step => {
  const kept =
    url.origin === step.url.origin ? step.headers : without(step.headers, name => CREDENTIALS.has(name));
  const peer = peerOf(url);
  if (!becomesGet(statusCode, step.method)) return { ...step, url, peer, headers: kept };
  return {
    url,
    peer,
    method: 'GET',
    headers: without(kept, name => name.startsWith('content-')),
    body: null,
  };
};
