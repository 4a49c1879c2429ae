/** What heads and chunks are made of, looked at byte by byte: a check has no time for strings. */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const ZERO = 0x30;

export const IN_NAME = 1;
export const IN_VALUE = 2;

/** What may stand in a field's name (a token of RFC 9110, 5.6.2) and in its value (5.5). */
const classes = Uint8Array.from({ length: 256 }, (_, byte) => {
  const inName = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
  const inValue = byte === TAB || (byte >= SPACE && byte !== 0x7f);
  return (inName ? IN_NAME : 0) | (inValue ? IN_VALUE : 0);
});

/** Where bytes of a class that begin at `from` end. */
export const pass = (bytes: Buffer, from: number, which: number): number => {
  let at = from;
  while (((classes[bytes[at] as number] as number) & which) !== 0) at++;
  return at;
};

export const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

export const passBlanks = (bytes: Buffer, from: number): number => {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
};

/** Where a value ends, without the blanks behind it. */
export const endOfText = (bytes: Buffer, from: number, end: number): number => {
  let at = end;
  while (at > from && isBlank(bytes[at - 1])) at--;
  return at;
};

export const isLineEnd = (bytes: Buffer, at: number): boolean => bytes[at] === CR && bytes[at + 1] === LF;

/** Bytes, of which letters may be capitals, against a name of the same length. */
export const isNamed = (bytes: Buffer, from: number, name: string): boolean => {
  for (let at = 0; at < name.length; at++)
    if (((bytes[from + at] as number) | 0x20) !== name.charCodeAt(at)) return false;
  return true;
};

export const textIn = (bytes: Buffer, from: number, end: number): string =>
  bytes.toString('latin1', from, end);
