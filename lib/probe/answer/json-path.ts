import type { Json } from '../../domain/json.ts';

/** `checks.0.latency` → its keys. */
export const pathKeys = (path: string): readonly string[] => path.split('.');

/** The value at a dotted path; array items go by their index. undefined: there is none. */
export const valueAt = (json: Json, keys: readonly string[]): Json | undefined => {
  let value: Json = json;
  for (const key of keys) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    const next: Json | undefined = (value as { readonly [key: string]: Json })[key];
    if (next === undefined) return undefined;
    value = next;
  }
  return value;
};

/** Values travel in every transition, and a stored item has 400 KB. */
const MAX_VALUE_CHARS = 1024;

const cut = (text: string): string => `${text.slice(0, MAX_VALUE_CHARS)}…`;

/** A value of more than 1,024 characters becomes its first 1,024, as text. */
export const bounded = (value: Json): Json => {
  if (typeof value === 'string') return value.length > MAX_VALUE_CHARS ? cut(value) : value;
  if (value === null || typeof value !== 'object') return value;
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE_CHARS ? cut(text) : value;
};
