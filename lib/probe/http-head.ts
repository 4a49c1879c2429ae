import type { Failure } from './answer.ts';
import { excerpt } from './text.ts';

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

const bad = (what: string): BadHead => ({ kind: 'bad', failure: badAnswer(what) });

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;

const IN_NAME = 1;
const IN_VALUE = 2;

/** What may stand in a field's name (a token of RFC 9110, 5.6.2) and in its value (5.5). */
const classes = Uint8Array.from({ length: 256 }, (_, byte) => {
  const inName = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
  const inValue = byte === TAB || (byte >= SPACE && byte !== 0x7f);
  return (inName ? IN_NAME : 0) | (inValue ? IN_VALUE : 0);
});

/** Where bytes of a class that begin at `from` end. */
const pass = (bytes: Buffer, from: number, which: number): number => {
  let at = from;
  while (((classes[bytes[at] as number] as number) & which) !== 0) at++;
  return at;
};

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

const passBlanks = (bytes: Buffer, from: number): number => {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
};

/** Where a value ends, without the blanks behind it. */
const endOfText = (bytes: Buffer, from: number, end: number): number => {
  let at = end;
  while (at > from && isBlank(bytes[at - 1])) at--;
  return at;
};

const isLineEnd = (bytes: Buffer, at: number): boolean => bytes[at] === CR && bytes[at + 1] === LF;

const PREFIX = Buffer.from('HTTP/1.');
const NO_HTTP = 'it does not begin with HTTP/1.1';

const startsRight = (bytes: Buffer, from: number, end: number): boolean => {
  for (let at = 0; at < PREFIX.length && from + at < end; at++)
    if (bytes[from + at] !== PREFIX[at]) return false;
  return true;
};

/** What is wrong already with lines of a head whose end has not come: who speaks something else is not waited for. */
export const faultOfLines = (bytes: Buffer, from: number, end: number): Failure | null => {
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1))
    if (bytes[at - 1] !== CR) return badAnswer('a line of its head ends with a bare line feed');
  return null;
};

/** 0: it is none. Begins with the space before it. */
const statusCodeIn = (bytes: Buffer, from: number): number => {
  let code = 0;
  for (let at = from + 1; at < from + 4; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return 0;
    code = code * 10 + digit;
  }
  return code < 100 || bytes[from] !== SPACE ? 0 : code;
};

/** Bytes, of which letters may be capitals, against a name of the same length. */
const isNamed = (bytes: Buffer, from: number, name: string): boolean => {
  for (let at = 0; at < name.length; at++)
    if (((bytes[from + at] as number) | 0x20) !== name.charCodeAt(at)) return false;
  return true;
};

/** What tells where the answer ends, as it is found line by line. */
type Framing = {
  contentLength: number | null;
  connection: string | null;
  contentEncoding: string | null;
  transferEncoding: string | null;
};

const textIn = (bytes: Buffer, from: number, end: number): string => bytes.toString('latin1', from, end);

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

/** Takes note of one field. Most are told apart from those that matter by the length of their name. */
const note = (
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
    found.connection = added(found.connection, textIn(bytes, valueFrom, valueEnd).toLowerCase());
  else if (nameLength === 16 && isNamed(bytes, nameFrom, 'content-encoding'))
    found.contentEncoding = added(found.contentEncoding, textIn(bytes, valueFrom, valueEnd));
  else if (nameLength === 17 && isNamed(bytes, nameFrom, 'transfer-encoding'))
    found.transferEncoding = added(found.transferEncoding, textIn(bytes, valueFrom, valueEnd).toLowerCase());
  return null;
};

const persists = (connection: string | null, minor: number): boolean => {
  if (connection === null) return minor > 0;
  if (connection === 'keep-alive') return true;
  const options = listed(connection);
  return minor > 0 ? !options.includes('close') : options.includes('keep-alive');
};

/** An answer that can be read in two ways is refused: that is how requests are smuggled. */
const headOf = (
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

/** Spaces in place of the line end where a line goes on in the next (RFC 9112, 5.2). */
const unfolded = (bytes: Buffer, from: number, end: number): Buffer => {
  const copy = Buffer.from(bytes.subarray(from, end));
  // Not behind the empty line: a body may begin with a blank.
  for (let at = copy.indexOf('\r\n'); at >= 0 && !isLineEnd(copy, at + 2); at = copy.indexOf('\r\n', at + 2))
    if (isBlank(copy[at + 2])) copy.fill(SPACE, at, at + 2);
  return copy;
};

const readUnfolded: typeof readHead = (bytes, from, end, wantsFields) => {
  const copy = unfolded(bytes, from, end);
  const head = readHead(copy, 0, copy.length, wantsFields);
  return head?.kind === 'head' ? { ...head, end: head.end + from } : head;
};

/** The head that begins at `from`; null while its end has not come. Nothing behind `end` is looked at, whatever a
 *  buffer that is used again holds there. */
export const readHead = (
  bytes: Buffer,
  from: number,
  end: number,
  wantsFields: boolean,
): Head | BadHead | null => {
  if (!startsRight(bytes, from, end)) return bad(NO_HTTP);
  const statusEnd = bytes[from + 12] === SPACE ? pass(bytes, from + 13, IN_VALUE) : from + 12;
  if (statusEnd + 2 > end) return null;
  const minor = (bytes[from + 7] as number) - ZERO;
  const statusCode = statusCodeIn(bytes, from + 8);
  if (statusCode === 0 || (minor !== 0 && minor !== 1) || !isLineEnd(bytes, statusEnd))
    return bad(`its status line is "${excerpt(textIn(bytes, from, statusEnd), 50)}"`);
  const fieldsFrom = statusEnd + 2;
  const found: Framing = {
    contentLength: null,
    connection: null,
    contentEncoding: null,
    transferEncoding: null,
  };
  for (let at = fieldsFrom; at + 2 <= end; at += 2) {
    if (isLineEnd(bytes, at))
      return headOf(statusCode, minor, found, at + 2, wantsFields ? textIn(bytes, fieldsFrom, at) : '');
    const nameFrom = at;
    const nameEnd = pass(bytes, at, IN_NAME);
    if (nameEnd >= end) return null;
    if (bytes[nameEnd] !== COLON || nameEnd === nameFrom) return bad('a header has no name that is one');
    const valueFrom = passBlanks(bytes, nameEnd + 1);
    at = pass(bytes, valueFrom, IN_VALUE);
    if (at + 2 >= end) return null;
    if (!isLineEnd(bytes, at)) return bad('a header holds a control character');
    if (isBlank(bytes[at + 2])) return readUnfolded(bytes, from, end, wantsFields);
    const valueEnd = endOfText(bytes, valueFrom, at);
    const wrong = note(found, bytes, nameFrom, nameEnd - nameFrom, valueFrom, valueEnd);
    if (wrong !== null) return wrong;
  }
  return null;
};
