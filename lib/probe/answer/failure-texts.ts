import type { Failure } from './answer.ts';
import { codeOf, excerpt, messageOf } from './text.ts';

/** How far a connection got; what an error without a text of its own counts as. */
export type Stage = 'lookup' | 'connect' | 'handshake' | 'open';

export const reasonOf = { lookup: 'dns', connect: 'connect', handshake: 'tls', open: 'protocol' } as const;

export type Peer = { readonly host: string; readonly port: number };

export const peerText = ({ host, port }: Peer): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

type Text = (peer: Peer, stage: Stage, error: Error) => Failure;

const noHost: Text = ({ host }) => ({ reason: 'dns', error: `no such host "${host}"` });
const noResolver: Text = ({ host }) => ({
  reason: 'dns',
  error: `name lookup of "${host}" failed: the resolver cannot be reached or gave no answer`,
});
const noRoute: Text = peer => ({ reason: 'connect', error: `no route to ${peerText(peer)}` });
const noTls: Text = peer => ({ reason: 'tls', error: `${peerText(peer)} does not speak TLS` });
const outOfFiles: Text = () => ({
  reason: 'internal',
  error: 'the monitor has too many files and connections open: raise its limit (ulimit -n)',
});
const PARSER_MESSAGE = /^Response does not match the HTTP\/1\.1 protocol \((.*)\)$/;
const badAnswer = (error: Error): Failure => ({
  reason: 'protocol',
  error: `the answer is not valid HTTP: ${excerpt(error.message.replace(PARSER_MESSAGE, '$1'))}`,
});
const unsendable: Text = (_peer, _stage, error) => ({
  reason: 'internal',
  error: `the request cannot be sent: ${excerpt(error.message)}`,
});
const closed: Text = (peer, stage) =>
  stage === 'open'
    ? { reason: 'protocol', error: `${peerText(peer)} closed the connection` }
    : { reason: reasonOf[stage], error: `${peerText(peer)} closed the connection at once` };

const texts: { readonly [code: string]: Text } = {
  ENOTFOUND: noHost,
  EAI_AGAIN: noResolver,
  EAI_FAIL: noResolver,
  ECONNREFUSED: peer => ({ reason: 'connect', error: `connection refused by ${peerText(peer)}` }),
  ETIMEDOUT: peer => ({ reason: 'connect', error: `${peerText(peer)} did not answer` }),
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  EMFILE: outOfFiles,
  ENFILE: outOfFiles,
  EADDRNOTAVAIL: peer => ({ reason: 'connect', error: `no free local port to reach ${peerText(peer)}` }),
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_HTTP_REQUEST: noTls,
  UND_ERR_HEADERS_OVERFLOW: () => ({
    reason: 'protocol',
    error: 'the answer has more than 64 KiB of headers',
  }),
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: () => ({
    reason: 'protocol',
    error: 'the body is not as long as its content-length says',
  }),
  // undici's parser asserts what an answer can break: an upgrade that ends early.
  ERR_ASSERTION: () => ({ reason: 'protocol', error: 'the answer is not valid HTTP' }),
  UND_ERR_INVALID_ARG: unsendable,
  UND_ERR_NOT_SUPPORTED: unsendable,
};

/** Happy eyeballs tries several addresses and reports all their errors as one. */
const firstOf = (error: Error): Error =>
  'errors' in error && Array.isArray(error.errors) ? (error.errors[0] ?? error) : error;

/** Every error of a connection as a failure that a person understands. */
export const failureOf = (cause: Error, peer: Peer, stage: Stage): Failure => {
  const error = firstOf(cause);
  const code = codeOf(error) ?? '';
  const text = texts[code];
  if (text !== undefined) return text(peer, stage, error);
  // It has a code only sometimes.
  if (error.name === 'HTTPParserError') return badAnswer(error);
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_'))
    return { reason: 'tls', error: `TLS handshake with ${peerText(peer)} failed: ${sslReason(error)}` };
  return { reason: reasonOf[stage], error: `${peerText(peer)}: ${excerpt(messageOf(error))}` };
};

const sslReason = (error: Error): string =>
  'reason' in error && typeof error.reason === 'string' ? error.reason : excerpt(error.message);
