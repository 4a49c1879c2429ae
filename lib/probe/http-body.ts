import zlib from 'node:zlib';
import type { Failure } from './answer.ts';
import { codeOf, excerpt, messageOf } from './text.ts';

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

export type Decoded =
  | { readonly kind: 'decoded'; readonly body: Buffer }
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

/** Undoes `content-encoding`, and stops where more than `maxBytes` come out: a bomb is never unpacked. */
export const decodeBody = (body: Buffer, encodings: string | null, maxBytes: number): Decoded => {
  let decoded = body;
  if (encodings !== null && body.length > 0) {
    const names = namesIn(encodings);
    if (names.length > MAX_ENCODINGS)
      return fail('protocol', `the body has ${names.length} content-encodings`);
    for (const name of names.toReversed()) {
      const decode = decoders.get(name);
      if (decode === undefined) return fail('protocol', `unknown content-encoding "${excerpt(name, 30)}"`);
      try {
        decoded = decode(decoded, { maxOutputLength: maxBytes + PACKING_BYTES });
      } catch (error) {
        if (codeOf(error) !== 'ERR_BUFFER_TOO_LARGE')
          return fail('protocol', `the body is not valid ${name}: ${excerpt(messageOf(error))}`);
        return fail('too-large', `the unpacked body has more than ${maxBytes} bytes`);
      }
    }
  }
  if (decoded.length > maxBytes) return fail('too-large', `the body has more than ${maxBytes} bytes`);
  return { kind: 'decoded', body: decoded };
};
