import type { Socket } from 'node:net';
import type { Endpoint, TcpCheck, TlsCheck } from '../../domain/endpoint.ts';
import { budget } from '../../expression/budget.ts';
import { compilePattern, type Pattern } from '../../expression/pattern.ts';
import type { Failure } from '../answer/answer.ts';
import { excerpt } from '../answer/text.ts';

export type StreamEndpoint = Endpoint & { readonly check: TcpCheck | TlsCheck };

type Matching = { readonly kind: 'match'; readonly expression: string; readonly pattern: Pattern };

/** What a check wants to hear once it is connected. */
export type Wanted =
  | { readonly kind: 'nothing' }
  /** What comes first, for a success test to judge. */
  | { readonly kind: 'anything' }
  | Matching
  | { readonly kind: 'impossible'; readonly failure: Failure };

const MAX_BANNER_BYTES = 64 * 1024;

/** Each piece that comes is searched with all before it. In packets of 1,460 bytes, 64 KiB are 1.4 Mi in all; byte by
 *  byte they would be 2 Gi. */
const MAX_SEARCHED_CHARS = 4 * 1024 * 1024;

const namesBanner = ({ successTests }: Endpoint): boolean =>
  successTests.some(test => test.kind === 'cel' && /\bbanner\b/.test(test.expression));

const readWanted = (endpoint: StreamEndpoint): Wanted => {
  const { expectBanner } = endpoint.check;
  if (expectBanner === null) return { kind: namesBanner(endpoint) ? 'anything' : 'nothing' };
  const compiled = compilePattern(expectBanner);
  return compiled.kind === 'pattern'
    ? { kind: 'match', expression: expectBanner, pattern: compiled.pattern }
    : { kind: 'impossible', failure: { reason: 'banner', error: `expect_banner: ${compiled.message}` } };
};

const wantedOf = new WeakMap<Endpoint, Wanted>();

export const wantedFrom = (endpoint: StreamEndpoint): Wanted => {
  const known = wantedOf.get(endpoint);
  if (known !== undefined) return known;
  const wanted = readWanted(endpoint);
  wantedOf.set(endpoint, wanted);
  return wanted;
};

export type Listening = { readonly heard: () => string };

const mismatch = ({ expression }: Matching, how: string, text: string): Failure => ({
  reason: 'banner',
  error: `${how} without a match for /${expression}/: "${excerpt(text)}"`,
});

/** What one search may take of the event loop. */
const SEARCH_MS = 50;

const search = ({ pattern }: Matching, text: string): boolean | Failure => {
  budget.begin(SEARCH_MS);
  try {
    return pattern.isIn(text);
  } catch (error) {
    const how = budget.end();
    if (how === null) throw error;
    return { reason: 'banner', error: `expect_banner: ${how}` };
  }
};

/** Reads until the wanted text came, the other side closed, or 64 KiB came. Calls `done` once, unless the
 *  socket is destroyed before; errors of the socket are its owner's. */
export const listen = (
  socket: Socket,
  wanted: { readonly kind: 'anything' } | Matching,
  done: (failure: Failure | null) => void,
): Listening => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let searchedChars = 0;
  const finish = (failure: Failure | null): void => {
    socket.off('data', onData);
    socket.off('end', onEnd);
    done(failure);
  };
  const onData = (chunk: Buffer): void => {
    text += decoder.decode(chunk.subarray(0, MAX_BANNER_BYTES - bytes), { stream: true });
    bytes += chunk.length;
    searchedChars += text.length;
    const found = wanted.kind === 'anything' || search(wanted, text);
    if (found === true) finish(null);
    else if (found !== false) finish(found);
    else if (bytes >= MAX_BANNER_BYTES) finish(mismatch(wanted, '64 KiB came', text));
    else if (searchedChars > MAX_SEARCHED_CHARS)
      finish(mismatch(wanted, 'very many small pieces came', text));
  };
  const onEnd = (): void =>
    finish(wanted.kind === 'anything' ? null : mismatch(wanted, 'the connection was closed', text));
  socket.on('data', onData);
  socket.on('end', onEnd);
  return { heard: () => text };
};
