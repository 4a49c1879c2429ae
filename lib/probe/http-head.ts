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
  /** Field lines as they came. */
  readonly fields: string;
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

const passBlanks = (bytes: Buffer, from: number): number => {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
};

const isLineEnd = (bytes: Buffer, at: number): boolean => bytes[at] === CR && bytes[at + 1] === LF;

const PREFIX = Buffer.from('HTTP/1.');
const NO_HTTP = 'it does not begin with HTTP/1.1';

const startsRight = (bytes: Buffer, length: number): boolean => {
  for (let at = 0; at < PREFIX.length && at < length; at++) if (bytes[at] !== PREFIX[at]) return false;
  return true;
};

/** What is wrong already with a head whose end has not come: who speaks something else is not waited for. The first
 *  `seen` bytes were looked at before. */
export const faultOfStart = (bytes: Buffer, seen: number, end: number): Failure | null => {
  if (!startsRight(bytes, end)) return badAnswer(NO_HTTP);
  for (let at = bytes.indexOf(LF, seen); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1))
    if (bytes[at - 1] !== CR) return badAnswer('a line of its head ends with a bare line feed');
  return null;
};

/** 0: it is none. */
const statusCodeIn = (bytes: Buffer): number => {
  let code = 0;
  for (let at = 9; at < 12; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return 0;
    code = code * 10 + digit;
  }
  return code < 100 || bytes[8] !== SPACE ? 0 : code;
};

/** Bytes, of which letters may be capitals, against a name of the same length. */
const isNamed = (bytes: Buffer, from: number, name: string): boolean => {
  for (let at = 0; at < name.length; at++)
    if (((bytes[from + at] as number) | 0x20) !== name.charCodeAt(at)) return false;
  return true;
};

/** What tells where the answer ends. */
const framing = ['connection', 'content-length', 'content-encoding', 'transfer-encoding'] as const;
type FramingName = (typeof framing)[number];
const SHORTEST = Math.min(...framing.map(name => name.length));
const LONGEST = Math.max(...framing.map(name => name.length));

const framingName = (bytes: Buffer, from: number, length: number): FramingName | null => {
  if (length < SHORTEST || length > LONGEST) return null;
  for (const name of framing) if (name.length === length && isNamed(bytes, from, name)) return name;
  return null;
};

type Framing = { -readonly [name in FramingName]: string | null };

const MOST_LENGTH_DIGITS = 15;

const lengthIn = (text: string): number | null =>
  /^\d+$/.test(text) && text.replace(/^0+/, '').length <= MOST_LENGTH_DIGITS ? Number(text) : null;

const listed = (text: string): readonly string[] => text.split(',').map(item => item.trim());

/** Several lengths are one when they agree (RFC 9112, 6.3). */
const contentLengthIn = (text: string): number | BadHead => {
  const [first, ...others] = text.includes(',') ? new Set(listed(text)) : [text];
  if (others.length > 0) return bad('it has two lengths that differ');
  return lengthIn(first ?? '') ?? bad(`"${excerpt(text, 30)}" is no content-length`);
};

const persists = (connection: string | null, minor: number): boolean => {
  if (connection === null) return minor > 0;
  const options = listed(connection.toLowerCase());
  return minor > 0 ? !options.includes('close') : options.includes('keep-alive');
};

/** An answer that can be read in two ways is refused: that is how requests are smuggled. */
const headOf = (statusCode: number, minor: number, found: Framing, fields: string): Head | BadHead => {
  const coding = found['transfer-encoding'];
  if (coding !== null && coding.toLowerCase() !== 'chunked')
    return bad(`its transfer-encoding is "${excerpt(coding, 30)}"`);
  if (coding !== null && minor === 0) return bad('it is of HTTP/1.0 and has a transfer-encoding');
  const lengthText = found['content-length'];
  if (coding !== null && lengthText !== null) return bad('it has both a content-length and chunks');
  const contentLength = lengthText === null ? null : contentLengthIn(lengthText);
  if (contentLength !== null && typeof contentLength !== 'number') return contentLength;
  return {
    kind: 'head',
    statusCode,
    persistent: persists(found.connection, minor),
    contentLength,
    chunked: coding !== null,
    contentEncoding: found['content-encoding'],
    fields,
  };
};

/** Spaces in place of the line end where a line goes on in the next (RFC 9112, 5.2). */
const unfolded = (bytes: Buffer, end: number): Buffer => {
  const copy = Buffer.from(bytes.subarray(0, end));
  for (let at = copy.indexOf('\r\n'); at >= 0 && at + 2 < end; at = copy.indexOf('\r\n', at + 2))
    if (passBlanks(copy, at + 2) > at + 2) copy.fill(SPACE, at, at + 2);
  return copy;
};

/** The head that ends at `end`: behind the line end of its last line. */
export const readHead = (bytes: Buffer, end: number): Head | BadHead => {
  if (!startsRight(bytes, end)) return bad(NO_HTTP);
  const minor = (bytes[7] as number) - ZERO;
  const statusCode = statusCodeIn(bytes);
  const first = bytes[12] === SPACE ? pass(bytes, 13, IN_VALUE) : 12;
  if (statusCode === 0 || (minor !== 0 && minor !== 1) || !isLineEnd(bytes, first))
    return bad(`its status line is "${excerpt(bytes.toString('latin1', 0, Math.min(first, end)), 50)}"`);
  const fieldsFrom = first + 2;
  const found: Framing = {
    connection: null,
    'content-length': null,
    'content-encoding': null,
    'transfer-encoding': null,
  };
  for (let at = fieldsFrom; at < end; at += 2) {
    const nameFrom = at;
    const nameEnd = pass(bytes, at, IN_NAME);
    if (bytes[nameEnd] !== COLON || nameEnd === nameFrom) {
      if (passBlanks(bytes, at) > at && at > fieldsFrom) return readHead(unfolded(bytes, end), end);
      return bad('a header has no name that is one');
    }
    const valueFrom = passBlanks(bytes, nameEnd + 1);
    at = pass(bytes, valueFrom, IN_VALUE);
    if (!isLineEnd(bytes, at)) return bad('a header holds a control character');
    const name = framingName(bytes, nameFrom, nameEnd - nameFrom);
    if (name === null) continue;
    const value = bytes.toString('latin1', valueFrom, at).replace(/[ \t]+$/, '');
    const before = found[name];
    found[name] = before === null ? value : `${before}, ${value}`;
  }
  return headOf(statusCode, minor, found, bytes.toString('latin1', fieldsFrom, end));
};
