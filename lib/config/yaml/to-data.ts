import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { isMerge, keyText } from '../problem/place.ts';
import { quoted } from '../problem/show.ts';
import { detached } from './detached.ts';
import type { Lines } from './lines.ts';
import type { SyntaxProblem } from './syntax.ts';

const MAX_DEPTH = 32;
const MAX_ALIASES = 10_000;
/** Twice what fits into a file of 1 MiB without aliases. */
const MAX_VALUES = 1_000_000;

type Data = { [key: string]: unknown };
type Anchored = {
  readonly data: unknown;
  readonly values: number;
  readonly aliases: number;
  readonly height: number;
};

/** Thrown and caught in this file only: a limit ends the conversion. */
class Limit extends Error {
  readonly problem: SyntaxProblem;
  constructor(node: unknown, message: string, fix: string) {
    super(message);
    this.problem = { offset: offsetOf(node), message, fix };
  }
}

const offsetOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;

/** The document's contents as plain data, with merge keys and aliases resolved; every duplicate key is a problem.
 *  What stands behind several aliases is one object, so a "YAML bomb" takes no memory; the limits count what it
 *  would be when written out, because whoever walks the data walks that. */
export const toData = (
  document: Document,
  lines: Lines,
): { readonly data: unknown; readonly problems: readonly SyntaxProblem[] } => {
  const problems: SyntaxProblem[] = [];
  const anchors = new Map<string, Anchored | 'open'>();
  let values = 0;
  let aliases = 0;
  let deepest = 0;

  const count = (node: unknown, moreValues: number, moreAliases: number, depth: number) => {
    values += moreValues;
    aliases += moreAliases;
    deepest = Math.max(deepest, depth);
    if (depth > MAX_DEPTH)
      throw new Limit(node, `this is nested deeper than ${MAX_DEPTH} levels`, 'Flatten it');
    if (aliases > MAX_ALIASES)
      throw new Limit(node, 'the file uses more than 10,000 aliases, counted as written out', 'Use fewer');
    if (values > MAX_VALUES)
      throw new Limit(
        node,
        'the aliases make more than 1,000,000 values, counted as written out',
        'Use fewer',
      );
  };

  const alias = (node: Node & { source: string }, depth: number): unknown => {
    const anchored = anchors.get(node.source);
    if (anchored === 'open')
      throw new Limit(
        node,
        `the alias ${quoted(`*${node.source}`)} stands inside its own anchor`,
        'Write the value out',
      );
    if (anchored === undefined) {
      const message = `nothing above has the anchor ${quoted(`&${node.source}`)}`;
      problems.push({ offset: offsetOf(node), message, fix: 'Put the value in quotes if it is no alias' });
      return null;
    }
    count(node, anchored.values, anchored.aliases + 1, depth + anchored.height);
    return anchored.data;
  };

  const setAll = (into: Data, from: unknown, node: unknown) => {
    if (from === null || typeof from !== 'object' || Array.isArray(from)) {
      problems.push({
        offset: offsetOf(node),
        message: '"<<" merges maps only',
        fix: 'Write "<<: *anchor-of-a-map"',
      });
      return;
    }
    for (const [key, value] of Object.entries(from)) if (!Object.hasOwn(into, key)) into[key] = value;
  };

  const checkKey = (pair: Pair, seen: Map<string, Pair>): string | null => {
    const key = keyText(pair.key);
    const bad = (message: string, fix: string) => {
      problems.push({ offset: offsetOf(pair.key ?? pair.value), message, fix });
      return null;
    };
    if (key === null) return bad('a key must be a text', 'Put it in quotes');
    if (key === '__proto__') return bad('"__proto__" cannot be a key', 'Choose another name');
    const first = seen.get(key);
    if (first !== undefined) {
      const { line } = lines(offsetOf(first.key));
      return bad(`${quoted(key)} is given twice, first in line ${line}`, 'Remove one, or put both together');
    }
    seen.set(key, pair);
    return key;
  };

  const map = (node: YAMLMap, depth: number): Data => {
    const data: Data = {};
    const seen = new Map<string, Pair>();
    const merges: Pair[] = [];
    for (const pair of node.items) {
      if (isMerge(pair)) {
        merges.push(pair);
        continue;
      }
      const key = checkKey(pair, seen);
      const value = convert(pair.value, depth + 1);
      if (key !== null) data[key] = value;
    }
    for (const { value } of merges) {
      const from = convert(value, depth);
      for (const source of Array.isArray(from) ? from : [from]) setAll(data, source, value);
    }
    return data;
  };

  const plainValue = (node: unknown, depth: number): unknown => {
    if (isAlias(node)) return alias(node, depth);
    count(node, 1, 0, isCollection(node) ? depth : 0);
    if (isMap(node)) return map(node, depth);
    if (isSeq(node)) return node.items.map(item => convert(item, depth + 1));
    if (!isScalar(node)) return null;
    return typeof node.value === 'string' ? detached(node.value) : node.value;
  };

  const convert = (node: unknown, depth: number): unknown => {
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor === undefined || isAlias(node)) return plainValue(node, depth);
    anchors.set(anchor, 'open');
    const before = { values, aliases, deepest };
    deepest = depth;
    const data = plainValue(node, depth);
    const height = deepest - depth;
    deepest = Math.max(deepest, before.deepest);
    anchors.set(anchor, { data, values: values - before.values, aliases: aliases - before.aliases, height });
    return data;
  };

  try {
    return { data: convert(document.contents, 1), problems };
  } catch (caught) {
    if (!(caught instanceof Limit)) throw caught;
    return { data: null, problems: [...problems, caught.problem] };
  }
};
