import type { Json } from '../../domain/json.ts';
import type { Parsed } from './answer.ts';
import { isTooDeep, MAX_JSON_DEPTH } from './json-depth.ts';

const BYTE_ORDER_MARK = 0xfeff;

/** `what` names the text in the message: `body`, `output`. */
export const parseJson = (text: string, what: string): Parsed => {
  if (text.trim() === '') return { kind: 'none', error: `the ${what} is empty, not JSON` };
  if (isTooDeep(text))
    return { kind: 'none', error: `the ${what} is JSON nested deeper than ${MAX_JSON_DEPTH} levels` };
  try {
    const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
    return { kind: 'json', value: JSON.parse(json) as Json };
  } catch {
    return { kind: 'none', error: `the ${what} is not JSON` };
  }
};

/** For the `json` that a CEL expression names. */
export const jsonOrNone = (parsed: Parsed): Json | undefined =>
  parsed.kind === 'json' ? parsed.value : undefined;

export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};
