import type { Failure } from '../answer/answer.ts';
import { CR, LF, SPACE, TAB } from './bytes.ts';
import { badAnswer } from './framing.ts';
import { readHead } from './head.ts';

/** How far the chunks of a body have come (RFC 9112, 7.1). */
export type Chunks = {
  stage: 'size' | 'extension' | 'size-end' | 'data' | 'data-end' | 'trailer' | 'done';
  /** Of the chunk: read of its size so far, then bytes still to come; behind the data, bytes of the line end. */
  left: number;
  /** Bytes of the line with the size so far. */
  lineBytes: number;
  trailer: Buffer;
};

const NO_BYTES = Buffer.alloc(0);
const LINE_END = Buffer.from('\r\n');

export const newChunks = (): Chunks => ({ stage: 'size', left: 0, lineBytes: 0, trailer: NO_BYTES });

const MOST_SIZE_DIGITS = 12;
const MOST_LINE_BYTES = 4096;
const MOST_TRAILER_BYTES = 4096;
const SEMICOLON = 0x3b;
const BAD_SIZE = badAnswer('a chunk has no size that is one');
const BAD_END = badAnswer('a chunk does not end where its size says');
const BAD_EXTENSION = badAnswer('a chunk has an extension that is none');

/** -1: it is no hexadecimal digit. */
const hex = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

const readSize = (chunks: Chunks, byte: number): Failure | null => {
  const digit = hex(byte);
  if (digit >= 0 && chunks.lineBytes < MOST_SIZE_DIGITS) {
    chunks.left = chunks.left * 16 + digit;
    chunks.lineBytes++;
    return null;
  }
  if (chunks.lineBytes === 0) return BAD_SIZE;
  if (byte === CR) chunks.stage = 'size-end';
  else if (byte === SEMICOLON) chunks.stage = 'extension';
  else return BAD_SIZE;
  return null;
};

const readExtension = (chunks: Chunks, byte: number): Failure | null => {
  if (byte === CR) chunks.stage = 'size-end';
  else if ((byte < SPACE && byte !== TAB) || byte === 0x7f || ++chunks.lineBytes > MOST_LINE_BYTES)
    return BAD_EXTENSION;
  return null;
};

const endSize = (chunks: Chunks, byte: number): Failure | null => {
  if (byte !== LF) return BAD_SIZE;
  chunks.lineBytes = 0;
  chunks.stage = chunks.left === 0 ? 'trailer' : 'data';
  return null;
};

const endData = (chunks: Chunks, byte: number): Failure | null => {
  if (byte !== LINE_END[chunks.left]) return BAD_END;
  chunks.left++;
  if (chunks.left < LINE_END.length) return null;
  chunks.left = 0;
  chunks.stage = 'size';
  return null;
};

/** Lines like those of a head, which must be right and are not used. */
const TRAILER_AS_HEAD = Buffer.from('HTTP/1.1 200\r\n');

/** Where the trailer ended among the new bytes; -1: not yet. */
const readTrailer = (chunks: Chunks, bytes: Buffer): number | Failure => {
  const before = chunks.trailer.length;
  const trailer = Buffer.concat([chunks.trailer, bytes]);
  // Read from its start, but only when a line has ended: a byte at a time, that would take 70 ms.
  const lines = Buffer.concat([TRAILER_AS_HEAD, trailer]);
  const read = bytes.includes(LF) ? readHead(lines, 0, lines.length, false) : null;
  if (read?.kind === 'bad') return read.failure;
  if (read !== null) {
    chunks.stage = 'done';
    return read.end - TRAILER_AS_HEAD.length - before;
  }
  if (trailer.length > MOST_TRAILER_BYTES) return badAnswer('its trailer has more than 4 KiB');
  chunks.trailer = trailer;
  return -1;
};

const readByte = (chunks: Chunks, byte: number): Failure | null => {
  switch (chunks.stage) {
    case 'size':
      return readSize(chunks, byte);
    case 'extension':
      return readExtension(chunks, byte);
    case 'size-end':
      return endSize(chunks, byte);
    default:
      return endData(chunks, byte);
  }
};

/** Reads `bytes` from `from`, gives `onData` what is data, and returns where it stopped: behind the last chunk, or at
 *  the end. */
export const readChunks = (
  chunks: Chunks,
  bytes: Buffer,
  from: number,
  end: number,
  onData: (from: number, end: number) => Failure | null,
): number | Failure => {
  let at = from;
  while (at < end && chunks.stage !== 'done') {
    let failure: Failure | null;
    if (chunks.stage === 'trailer') {
      const read = readTrailer(chunks, bytes.subarray(at, end));
      if (typeof read !== 'number') return read;
      return read < 0 ? end : at + read;
    }
    if (chunks.stage === 'data') {
      const dataEnd = Math.min(end, at + chunks.left);
      failure = onData(at, dataEnd);
      chunks.left -= dataEnd - at;
      at = dataEnd;
      if (chunks.left === 0) chunks.stage = 'data-end';
    } else failure = readByte(chunks, bytes[at++] as number);
    if (failure !== null) return failure;
  }
  return at;
};
