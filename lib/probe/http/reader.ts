import type { Failure } from '../answer/answer.ts';
import { type Body, bodyOfBytes, bodyOfText, PACKING_BYTES } from './body.ts';
import { type Chunks, newChunks, readChunks } from './chunks.ts';
import type { Head } from './framing.ts';
import { faultOfLines, readHead } from './head.ts';

/** How far an answer has come. One reader serves all exchanges of a connection. */
export type Reader = {
  stage: 'head' | 'length' | 'chunks' | 'until-close' | 'done';
  /** The request was a HEAD. */
  headOnly: boolean;
  wantsFields: boolean;
  maxBodyBytes: number;
  /** Begins with the `startBytes` of a head whose end has not come. */
  start: Buffer | null;
  startBytes: number;
  head: Head | null;
  /** Bytes of the body: that came, and that are to come where its length is known. */
  bodyBytes: number;
  left: number;
  readonly chunks: Chunks;
  /** Begins with the `bodyBytes` that came so far, where they do not come at once. */
  gathered: Buffer;
  informationals: number;
  /** More came than the answer: nobody knows what a next answer on the connection would be. */
  excess: boolean;
  /** Body of the answer that is done. A small one that is equal to the one before is the same object: what it says is
   *  known. Parsing 39 bytes of JSON takes 0.4 µs, comparing them 0.07. */
  body: Body;
};

/** What is read at once. */
export const READ_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_INFORMATIONAL = 32;
/** A body of so many bytes at most is kept, to compare the next one with. */
const MOST_KEPT_BYTES = 2048;
const NO_BODY: Body = bodyOfText('', 0);

const NO_BYTES = Buffer.alloc(0);

const protocol = (error: string): Failure => ({ reason: 'protocol', error });
const TOO_MUCH_HEADER = protocol('the answer has more than 64 KiB of headers');
const TOO_MANY_INTERIM = protocol(`more than ${MAX_INFORMATIONAL} 1xx answers`);
const SWITCHED = protocol('the server switched protocols, which was not asked for');

export const newReader = (): Reader => ({
  stage: 'done',
  headOnly: false,
  wantsFields: false,
  maxBodyBytes: 0,
  start: null,
  startBytes: 0,
  head: null,
  bodyBytes: 0,
  left: 0,
  chunks: newChunks(),
  gathered: NO_BYTES,
  informationals: 0,
  excess: false,
  body: NO_BODY,
});

export const expectAnswer = (
  reader: Reader,
  headOnly: boolean,
  { wantsFields, maxBodyBytes }: Pick<Reader, 'wantsFields' | 'maxBodyBytes'>,
): void => {
  reader.stage = 'head';
  reader.headOnly = headOnly;
  reader.wantsFields = wantsFields;
  reader.maxBodyBytes = maxBodyBytes;
  reader.start = null;
  reader.startBytes = 0;
  reader.head = null;
  reader.bodyBytes = 0;
  reader.gathered = NO_BYTES;
  reader.informationals = 0;
};

const tooLarge = ({ maxBodyBytes }: Reader): Failure => ({
  reason: 'too-large',
  error: `the body has more than ${maxBodyBytes} bytes`,
});

const finishWith = (reader: Reader, bytes: Buffer, from: number, end: number, isOwn: boolean): void => {
  reader.stage = 'done';
  const byteLength = end - from;
  if (byteLength > MOST_KEPT_BYTES || reader.head?.contentEncoding != null) {
    const part = bytes.subarray(from, end);
    reader.body = bodyOfBytes(isOwn ? part : Buffer.from(part));
    return;
  }
  const text = bytes.toString('utf8', from, end);
  if (text !== reader.body.text || byteLength !== reader.body.byteLength)
    reader.body = bodyOfText(text, byteLength);
};

const finish = (reader: Reader, bytes: Buffer, from: number, end: number): void =>
  finishWith(reader, bytes, from, end, false);

const finishGathered = (reader: Reader): void => {
  const { gathered, bodyBytes } = reader;
  reader.gathered = NO_BYTES;
  finishWith(reader, gathered, 0, bodyBytes, true);
};

/** Doubled when it is full, in one piece: chunks of a byte each must not cost a buffer each. */
const take = (reader: Reader, bytes: Buffer, from: number, end: number): Failure | null => {
  const before = reader.bodyBytes;
  const mostBytes = reader.maxBodyBytes + PACKING_BYTES;
  reader.bodyBytes += end - from;
  if (reader.bodyBytes > mostBytes) return tooLarge(reader);
  if (reader.bodyBytes > reader.gathered.length) {
    const wider = Buffer.allocUnsafeSlow(
      Math.min(mostBytes, 2 * Math.max(reader.bodyBytes, MOST_KEPT_BYTES)),
    );
    reader.gathered.copy(wider, 0, 0, before);
    reader.gathered = wider;
  }
  bytes.copy(reader.gathered, before, from, end);
  return null;
};

/** Where reading stopped, or how the answer is wrong. */
type Read = number | Failure;

const readLength = (reader: Reader, bytes: Buffer, from: number, end: number): Read => {
  const bodyEnd = Math.min(end, from + reader.left);
  const isWhole = reader.bodyBytes === 0 && bodyEnd - from === reader.left;
  if (isWhole) {
    reader.bodyBytes = reader.left;
    finish(reader, bytes, from, bodyEnd);
    return bodyEnd;
  }
  const failure = take(reader, bytes, from, bodyEnd);
  if (failure !== null) return failure;
  reader.left -= bodyEnd - from;
  if (reader.left === 0) finishGathered(reader);
  return bodyEnd;
};

const readChunked = (reader: Reader, bytes: Buffer, from: number, end: number): Read => {
  const read = readChunks(reader.chunks, bytes, from, end, (dataFrom, dataEnd) =>
    take(reader, bytes, dataFrom, dataEnd),
  );
  if (typeof read === 'number' && reader.chunks.stage === 'done') finishGathered(reader);
  return read;
};

const hasNoBody = (statusCode: number): boolean => statusCode === 204 || statusCode === 304;

/** RFC 9112, 6.3. */
const beginBody = (reader: Reader, head: Head): Failure | null => {
  const { statusCode, contentLength, chunked } = head;
  reader.head = head;
  if (reader.headOnly || hasNoBody(statusCode) || contentLength === 0) finish(reader, NO_BYTES, 0, 0);
  else if (chunked) {
    reader.stage = 'chunks';
    Object.assign(reader.chunks, newChunks());
  } else if (contentLength === null) reader.stage = 'until-close';
  else if (contentLength > reader.maxBodyBytes + PACKING_BYTES) return tooLarge(reader);
  else {
    reader.stage = 'length';
    reader.left = contentLength;
  }
  return null;
};

/** A head whose end has not come waits in a buffer of its own. */
const awaitEndOfHead = (reader: Reader, bytes: Buffer, from: number, end: number): Read => {
  const seen = reader.startBytes;
  if (reader.start === null) {
    reader.start = Buffer.allocUnsafeSlow(MAX_HEADER_BYTES + READ_BYTES);
    bytes.copy(reader.start, 0, from, end);
  }
  reader.startBytes = end - from;
  if (reader.startBytes > MAX_HEADER_BYTES) return TOO_MUCH_HEADER;
  return faultOfLines(bytes, from + seen, end) ?? end;
};

/** Reads one head, an interim one too. */
const readOneHead = (reader: Reader, bytes: Buffer, from: number, end: number): Read => {
  const head = readHead(bytes, from, end, reader.wantsFields);
  if (head === null) return awaitEndOfHead(reader, bytes, from, end);
  if (head.kind === 'bad') return head.failure;
  if (head.end - from > MAX_HEADER_BYTES) return TOO_MUCH_HEADER;
  if (head.statusCode === 101) return SWITCHED;
  if (head.statusCode >= 200) return beginBody(reader, head) ?? head.end;
  return ++reader.informationals > MAX_INFORMATIONAL ? TOO_MANY_INTERIM : head.end;
};

const END_OF_HEAD = '\r\n\r\n';

/** Reads on in a head that waits: as long as its end does not come, what came before is not looked at again. */
const readOn = (reader: Reader, start: Buffer, seen: number, end: number): Read => {
  const found = start.indexOf(END_OF_HEAD, Math.max(0, seen - END_OF_HEAD.length));
  const isWhole = found >= 0 && found + END_OF_HEAD.length <= end;
  return isWhole ? readOneHead(reader, start, 0, end) : awaitEndOfHead(reader, start, 0, end);
};

const readSome = (reader: Reader, bytes: Buffer, from: number, end: number): Read => {
  switch (reader.stage) {
    case 'head':
      return readOneHead(reader, bytes, from, end);
    case 'length':
      return readLength(reader, bytes, from, end);
    case 'chunks':
      return readChunked(reader, bytes, from, end);
    case 'until-close':
      return take(reader, bytes, from, end) ?? end;
    case 'done':
      reader.excess = true;
      return end;
    default:
      return reader.stage satisfies never;
  }
};

const readFrom = (reader: Reader, bytes: Buffer, from: number, end: number): Failure | null => {
  for (let at = from; at < end; ) {
    const next = readSome(reader, bytes, at, end);
    if (typeof next !== 'number') return next;
    at = next;
  }
  return null;
};

/** Takes the first `end` bytes, `READ_BYTES` at most, which may be overwritten afterwards. What it returns is how the
 *  answer is wrong; `stage` tells when it is whole. */
export const read = (reader: Reader, bytes: Buffer, end: number): Failure | null => {
  const { start, startBytes } = reader;
  if (start === null) return readFrom(reader, bytes, 0, end);
  bytes.copy(start, startBytes, 0, end);
  const joinedEnd = startBytes + end;
  const next = readOn(reader, start, startBytes, joinedEnd);
  if (typeof next !== 'number') return next;
  if (reader.startBytes === joinedEnd) return null;
  reader.start = null;
  reader.startBytes = 0;
  return readFrom(reader, start, next, joinedEnd);
};

/** The connection was closed: true when that is how the answer ends. */
export const readEnd = (reader: Reader): boolean => {
  if (reader.stage === 'until-close') finishGathered(reader);
  return reader.stage === 'done';
};

/** The body, of which only one that the next is compared with is kept; and nothing else. */
export const release = (reader: Reader): Body => {
  const { body } = reader;
  if (body.bytes !== null) reader.body = NO_BODY;
  reader.head = null;
  return body;
};
