import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Problem } from './problem.ts';

/** From the root of a file down to a value. */
export type Path = readonly (string | number)[];

/** A problem by the path of what it is about, before it has a line. */
export type Draft = Pick<Problem, 'severity' | 'message' | 'fix'> & {
  readonly path: Path;
  /** Points at the key that leads to the value, not at the value. */
  readonly onKey?: boolean;
  /** Points so many characters into the value's text. */
  readonly skip?: number;
};

export const error = (
  path: Path,
  message: string,
  fix: string,
  at: Pick<Draft, 'onKey' | 'skip'> = {},
): Draft => ({
  severity: 'error',
  path,
  message,
  fix,
  ...at,
});

/** Text of a map's key, as written: `8080` and `1.0` stay themselves. */
export const keyText = (key: unknown): string | null =>
  !isScalar(key) || key.value === null
    ? null
    : typeof key.value === 'string'
      ? key.value
      : (key.source ?? String(key.value));

export const isMerge = (pair: Pair): boolean =>
  isScalar(pair.key) && pair.key.value === '<<' && (pair.key.type === 'PLAIN' || pair.key.type === undefined);

const resolveAlias = (document: Document, node: unknown): unknown =>
  isAlias(node) ? node.resolve(document) : node;

const findPair = (document: Document, map: YAMLMap, key: string, depth = 0): Pair | null => {
  const own = map.items.find(pair => keyText(pair.key) === key && !isMerge(pair));
  if (own !== undefined) return own;
  if (depth > 32) return null;
  for (const merge of map.items.filter(isMerge)) {
    const value = resolveAlias(document, merge.value);
    for (const source of isSeq(value) ? value.items : [value]) {
      const merged = resolveAlias(document, source);
      const found = isMap(merged) ? findPair(document, merged, key, depth + 1) : null;
      if (found !== null) return found;
    }
  }
  return null;
};

const start = (node: unknown): number | null => (node as Node | null | undefined)?.range?.[0] ?? null;

/** How far into the source a character of a scalar's value lies; 0 where escapes or folding make it unclear. */
const offsetInside = (text: string, node: unknown, skip: number): number => {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
  const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  return text.startsWith(node.value, node.range[0] + quote) ? quote + skip : 0;
};

/** Where a draft's subject stands in the text: the nearest parent that is there. */
export const offsetOf = (document: Document, text: string, { path, onKey, skip }: Draft): number => {
  let at = start(document.contents) ?? 0;
  let node: unknown = document.contents;
  for (const [index, part] of path.entries()) {
    node = resolveAlias(document, node);
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = findPair(document, node, String(part));
      if (pair === null) return at;
      at = start(pair.key) ?? at;
      node = pair.value;
      const empty = isScalar(node) && node.value === null && !node.source;
      if (last && !onKey && !empty) at = (start(node) ?? at) + offsetInside(text, node, skip ?? 0);
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (item === undefined) return at;
      node = isPair(item) ? item.value : item;
      at = (start(node) ?? at) + (last ? offsetInside(text, node, skip ?? 0) : 0);
    } else return at;
  }
  return at;
};
