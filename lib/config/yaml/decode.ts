export const MAX_FILE_BYTES = 2 ** 20;

type Decoded =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'bad';
      readonly text: string;
      readonly offset: number;
      readonly message: string;
      readonly fix: string;
    };

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder('utf-8');

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose; YAML allows none of them
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** A file's bytes as text, without a byte order mark. */
export const decode = (bytes: Uint8Array): Decoded => {
  if (bytes.length > MAX_FILE_BYTES)
    return {
      kind: 'bad',
      text: '',
      offset: 0,
      message: 'the file is larger than 1 MiB',
      fix: 'Split it into several files',
    };
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    const readable = lenient.decode(bytes);
    const offset = Math.max(0, readable.indexOf('\ufffd'));
    return {
      kind: 'bad',
      text: readable,
      offset,
      message: 'this is not UTF-8 text',
      fix: 'Save the file as UTF-8',
    };
  }
  const control = CONTROL.exec(text);
  if (control === null) return { kind: 'text', text };
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    kind: 'bad',
    text,
    offset: control.index,
    message: `the control character U+${code} is not allowed in YAML`,
    fix: 'Remove it, or write it as an escape between double quotes',
  };
};
