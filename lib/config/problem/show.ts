const LONGEST_SHOWN = 60;

const isControl = (code: number) =>
  code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e);

/** Text from a file, safe for a terminal and cut to a readable length. */
export const plain = (text: string): string => {
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;
  return Array.from(short, char =>
    isControl(char.charCodeAt(0)) ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char,
  ).join('');
};

export const quoted = (text: string): string => `"${plain(text)}"`;

/** How a message names a value: `"5"`, `empty`, `a list`. */
export const show = (value: unknown): string => {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : quoted(String(value));
};
