import type { Failure } from '../answer/answer.ts';
import { excerpt } from '../answer/text.ts';
import {
  COLON,
  CR,
  endOfText,
  IN_NAME,
  IN_VALUE,
  isBlank,
  isLineEnd,
  LF,
  pass,
  passBlanks,
  SPACE,
  textIn,
  ZERO,
} from './bytes.ts';
import { type BadHead, bad, badAnswer, type Head, headOf, newFraming, note } from './framing.ts';

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
  const found = newFraming();
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
