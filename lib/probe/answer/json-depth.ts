/** Deeper JSON is no answer of a service: to compare it holds the event loop, and to write it again overflows the stack. */
export const MAX_JSON_DEPTH = 200;

/** Text up to this length is not read for it: 750 levels, a level takes two characters, are compared in 40 ms. */
const SURELY_FINE = 1500;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const END_OF_LIST = 0x5d;
const MAP = 0x7b;
const END_OF_MAP = 0x7d;

/** The index of the quotation mark that ends a string. */
const endOfString = (text: string, from: number): number => {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
};

export const isTooDeep = (text: string): boolean => {
  if (text.length <= SURELY_FINE) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (code === LIST || code === MAP) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if (code === END_OF_LIST || code === END_OF_MAP) depth--;
  }
  return false;
};
