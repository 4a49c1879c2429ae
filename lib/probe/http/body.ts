import zlib from 'node:zlib';
import type { Failure, Parsed } from '../answer/answer.ts';
import { parseJson } from '../answer/parse-json.ts';
import { codeOf, excerpt, messageOf } from '../answer/text.ts';

type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

/** `deflate` means zlib's format, but some servers send it bare. */
const inflate: Decoder = (bytes, options) =>
  ((bytes[0] ?? 0) & 0x0f) === 8 ? zlib.inflateSync(bytes, options) : zlib.inflateRawSync(bytes, options);

// Not on the thread pool, where a slow resolver could hold them up. A mebibyte takes about 3 ms.
const decoders = new Map<string, Decoder>([
  ['gzip', zlib.gunzipSync],
  ['x-gzip', zlib.gunzipSync],
  ['deflate', inflate],
  ['br', zlib.brotliDecompressSync],
  ['zstd', zlib.zstdDecompressSync],
]);

const MAX_ENCODINGS = 4;
/** A small body that is packed can be larger than unpacked. */
export const PACKING_BYTES = 1024;

/** What came behind the head. Its text and JSON are made when they are first asked for, and kept with it. */
export type Body = {
  readonly byteLength: number;
  /** null: the text is there from the start. */
  readonly bytes: Buffer | null;
  text: string | null;
  json: Parsed | null;
};

export const bodyOfBytes = (bytes: Buffer): Body => ({
  byteLength: bytes.length,
  bytes,
  text: null,
  json: null,
});

/** `byteLength` is that of the bytes which the text was made of. */
export const bodyOfText = (text: string, byteLength: number): Body => ({
  byteLength,
  bytes: null,
  text,
  json: null,
});

export const bodyText = (body: Body): string => {
  body.text ??= body.bytes?.toString() ?? '';
  return body.text;
};

export const bodyJson = (body: Body): Parsed => {
  body.json ??= parseJson(bodyText(body), 'body');
  return body.json;
};

export type Decoded =
  | { readonly kind: 'decoded'; readonly body: Body }
  | { readonly kind: 'failed'; readonly failure: Failure };

const fail = (reason: Failure['reason'], error: string): Decoded => ({
  kind: 'failed',
  failure: { reason, error },
});

const namesIn = (encodings: string): readonly string[] =>
  encodings
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && name !== 'identity');

const tooLarge = (maxBytes: number): Decoded => fail('too-large', `the body has more than ${maxBytes} bytes`);

const unpack = (body: Buffer, encodings: string, maxBytes: number): Decoded => {
  const names = namesIn(encodings);
  if (names.length > MAX_ENCODINGS) return fail('protocol', `the body has ${names.length} content-encodings`);
  let unpacked = body;
  for (const name of names.toReversed()) {
    const decode = decoders.get(name);
    if (decode === undefined) return fail('protocol', `unknown content-encoding "${excerpt(name, 30)}"`);
    try {
      unpacked = decode(unpacked, { maxOutputLength: maxBytes + PACKING_BYTES });
    } catch (error) {
      if (codeOf(error) !== 'ERR_BUFFER_TOO_LARGE')
        return fail('protocol', `the body is not valid ${name}: ${excerpt(messageOf(error))}`);
      return fail('too-large', `the unpacked body has more than ${maxBytes} bytes`);
    }
  }
  return unpacked.length > maxBytes ? tooLarge(maxBytes) : { kind: 'decoded', body: bodyOfBytes(unpacked) };
};

/** Undoes `content-encoding`, and stops where more than `maxBytes` come out: a bomb is never unpacked. */
export const decodeBody = (body: Body, encodings: string | null, maxBytes: number): Decoded => {
  if (encodings !== null && body.bytes !== null && body.byteLength > 0)
    return unpack(body.bytes, encodings, maxBytes);
  return body.byteLength > maxBytes ? tooLarge(maxBytes) : { kind: 'decoded', body };
};
