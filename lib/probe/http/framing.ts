import type { Failure } from '../answer/answer.ts';
import { excerpt } from '../answer/text.ts';
import { COMMA, endOfText, isNamed, passBlanks, textIn, ZERO } from './bytes.ts';

/** What stands before the body of an answer (RFC 9112, 4 to 6). */
export type Head = {
  readonly kind: 'head';
  readonly statusCode: number;
  /** The connection may be used again. */
  readonly persistent: boolean;
  /** null: not said. */
  readonly contentLength: number | null;
  readonly chunked: boolean;
  readonly contentEncoding: string | null;
  /** Field lines, unfolded; none where they are not wanted. */
  readonly fields: string;
  /** Where the body begins. */
  readonly end: number;
};

export type BadHead = { readonly kind: 'bad'; readonly failure: Failure };

export const badAnswer = (what: string): Failure => ({
  reason: 'protocol',
  error: `the answer is not valid HTTP: ${what}`,
});

export const bad = (what: string): BadHead => ({ kind: 'bad', failure: badAnswer(what) });

/** What tells where the answer ends, as it is found line by line. */
export type Framing = {
  contentLength: number | null;
  connection: string | null;
  contentEncoding: string | null;
  transferEncoding: string | null;
};

const listed = (text: string): readonly string[] => text.split(',').map(item => item.trim());

const added = (before: string | null, value: string): string =>
  before === null ? value : `${before}, ${value}`;

const MOST_LENGTH_DIGITS = 15;

/** -1: it is no length. Leading zeros count as digits. */
const lengthIn = (bytes: Buffer, from: number, end: number): number => {
  if (end === from || end - from > MOST_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let at = from; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
};

/** Several lengths are one when they agree (RFC 9112, 6.3). */
const noteLength = (found: Framing, bytes: Buffer, from: number, end: number): BadHead | null => {
  for (let at = from; at <= end; at++) {
    const itemFrom = passBlanks(bytes, at);
    for (at = itemFrom; at < end && bytes[at] !== COMMA; ) at++;
    const length = lengthIn(bytes, itemFrom, endOfText(bytes, itemFrom, at));
    if (length < 0) return bad(`"${excerpt(textIn(bytes, from, end), 30)}" is no content-length`);
    if (found.contentLength !== null && found.contentLength !== length)
      return bad('it has two lengths that differ');
    found.contentLength = length;
  }
  return null;
};

const KEEP_ALIVE = 'keep-alive';

/** What most servers say is known without making text of it. */
const optionsIn = (bytes: Buffer, from: number, end: number): string =>
  end - from === KEEP_ALIVE.length && isNamed(bytes, from, KEEP_ALIVE)
    ? KEEP_ALIVE
    : textIn(bytes, from, end).toLowerCase();

export const newFraming = (): Framing => ({
  contentLength: null,
  connection: null,
  contentEncoding: null,
  transferEncoding: null,
});

/** Takes note of one field. Most are told apart from those that matter by the length of their name. */
export const note = (
  found: Framing,
  bytes: Buffer,
  nameFrom: number,
  nameLength: number,
  valueFrom: number,
  valueEnd: number,
): BadHead | null => {
  if (nameLength === 14 && isNamed(bytes, nameFrom, 'content-length'))
    return noteLength(found, bytes, valueFrom, valueEnd);
  if (nameLength === 10 && isNamed(bytes, nameFrom, 'connection'))
    found.connection = added(found.connection, optionsIn(bytes, valueFrom, valueEnd));
  else if (nameLength === 16 && isNamed(bytes, nameFrom, 'content-encoding'))
    found.contentEncoding = added(found.contentEncoding, textIn(bytes, valueFrom, valueEnd));
  else if (nameLength === 17 && isNamed(bytes, nameFrom, 'transfer-encoding'))
    found.transferEncoding = added(found.transferEncoding, textIn(bytes, valueFrom, valueEnd).toLowerCase());
  return null;
};

const persists = (connection: string | null, minor: number): boolean => {
  if (connection === null) return minor > 0;
  if (connection === KEEP_ALIVE) return true;
  const options = listed(connection);
  return minor > 0 ? !options.includes('close') : options.includes('keep-alive');
};

/** An answer that can be read in two ways is refused: that is how requests are smuggled. */
export const headOf = (
  statusCode: number,
  minor: number,
  found: Framing,
  end: number,
  fields: string,
): Head | BadHead => {
  const { contentLength, connection, contentEncoding, transferEncoding } = found;
  if (transferEncoding !== null) {
    if (transferEncoding !== 'chunked')
      return bad(`its transfer-encoding is "${excerpt(transferEncoding, 30)}"`);
    if (minor === 0) return bad('it is of HTTP/1.0 and has a transfer-encoding');
    if (contentLength !== null) return bad('it has both a content-length and chunks');
  }
  return {
    kind: 'head',
    statusCode,
    persistent: persists(connection, minor),
    contentLength,
    chunked: transferEncoding !== null,
    contentEncoding,
    fields,
    end,
  };
};
