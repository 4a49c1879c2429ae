import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMap } from 'yaml';
import { linesOf } from '../../lib/config/yaml/lines.ts';
import { readPlain } from '../../lib/config/yaml/plain-yaml.ts';
import { parseText } from '../../lib/config/yaml/syntax.ts';
import { toData } from '../../lib/config/yaml/to-data.ts';
import { badFiles } from './bad-files.ts';

/** What the parser makes of a text: null where it finds a mistake. */
const parsed = (text: string) => {
  const { document, problems } = parseText(text);
  const result = toData(document, linesOf(text));
  if (problems.length > 0 || result.problems.length > 0) return null;
  const { contents } = document;
  const offsets = (map: unknown) =>
    new Map(
      isMap(map)
        ? map.items.map(({ key }) => {
            const { source, value, range } = key as { source?: string; value: unknown; range: number[] };
            return [typeof value === 'string' ? value : (source ?? ''), range[0]] as const;
          })
        : [],
    );
  return {
    data: result.data,
    top: offsets(contents),
    targets: offsets(isMap(contents) ? contents.get('targets') : null),
  };
};

const expectSame = (text: string) => {
  const plain = readPlain(text);
  if (plain !== null) expect({ text, ...plain }).toEqual({ text, ...parsed(text) });
  return plain !== null;
};

test.each([
  ['the example of self', readFileSync('endpoints/self.yml', 'utf8')],
  [
    'keys, lists and brackets',
    "a.example.com:\n  interval: 1s\n  targets: [ops, \"b c\"]\n  depends_on:\n  - x y\n  - 'z''s'\n",
  ],
  [
    'an item that is a map',
    'a:\n  maintenance:\n    - cron: 0 2 * * *\n      duration: 1h\n    - from: 2026-12-24T18:00:00Z\n',
  ],
  ['comments and empty lines', '# one\n\na: # two\n  # three\n\n  url: http://h/#x # four\n\n  # five'],
  ['no line end, and no value', 'a:\n  port: 80\nb:'],
  ['nothing', '# only this\n'],
  ['numbers, words and none', 'a: [1, -2, 3.50, 007, true, Null, ~, 1.2.3, 60s, "5", truest]\n'],
  ['names of targets in brackets', 'targets: { ops: { run: [x] }, "b": { run: [y] } }\nc: { d: e }\n'],
  ['names of targets', 'targets:\n  ops:\n    recipients: [a@example.com]\n  "b": { run: [x] }\nc:\n'],
])('%s: read without the parser, and as the parser would', (_, text) => {
  expect(expectSame(text)).toBe(true);
});

test.each([
  ['an anchor', 'a: &x\n  interval: 1s\n'],
  ['an alias', 'a: *x\n'],
  ['a merge key', 'a:\n  <<: b\n'],
  ['a tag', 'a: !b c\n'],
  ['a block text', 'a: |\n  b\n'],
  ['a text on two lines', 'a: b\n  c\n'],
  ['a text in quotes on two lines', 'a: "b\n  c"\n'],
  ['an escape', 'a: "b\\n"\n'],
  ['brackets on two lines', 'a: [b,\n  c]\n'],
  ['a key given twice', 'a:\nb:\na:\n'],
  ['"__proto__"', '__proto__: 1\n'],
  ['a second document', 'a: 1\n---\nb: 1\n'],
  ['the end of the document', '... a: b\n'],
  ['a tab', 'a:\tb\n'],
  ['a carriage return', 'a: b\r\n'],
  ['an unusual number', 'a: 0x1F\n'],
  ['a number beyond what is exact', 'a: 12345678901234567\n'],
  ['a second ": "', 'a: b: c\n'],
  ['an unclosed bracket', 'a: [b\n'],
  ['a text behind brackets', 'a: [b] c\n'],
  ['an empty item', 'a: [b, ]\n'],
  ['an indentation that fits no line before', 'a:\n    b: 1\n  c: 1\n'],
  ['a first line that is indented', '  a: 1\n'],
  ['a list at the top', '- a\n'],
  ['a text', 'a\n'],
  ['what looks like a placeholder', 'a: {b}\n'],
  ['nesting deeper than the format', `a: ${'['.repeat(20)}${']'.repeat(20)}\n`],
])('%s is left to the parser', (_, text) => {
  expect(readPlain(text)).toBeNull();
});

test('every bad file says the same, whoever reads it', () => {
  for (const { text } of badFiles) expectSame(text);
});

/** Pieces that meet in all kinds of ways. */
const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'key',
    '1',
    '-1',
    '1.50',
    '.5',
    '1e3',
    '0x1',
    '60s',
    'null',
    '~',
    'true',
    'é',
    '\u00a0',
    '\u2028',
  ],
  ...[
    ':',
    ': ',
    ' :',
    '#',
    ' #',
    '- ',
    '-',
    '--',
    '---',
    '...',
    ',',
    ', ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    "''",
  ],
  ...['&x', '*x', '!t', '|', '>', '%', '@', '`', '?', '? ', '<<: ', '\\', '=', '\t', '\r\n', ' ', '  '],
  ...[
    '\n',
    '\n',
    '\n  ',
    '\n  ',
    '\n    ',
    '\na: ',
    '\n  b: ',
    '\n  - ',
    '\n- ',
    '\n# c\n',
    'targets:',
    '[a, b]',
    '{ a: b }',
  ],
);

test('what it reads, the parser reads the same', () => {
  const text = fc.array(piece, { maxLength: 14 }).map(pieces => pieces.join(''));
  fc.assert(fc.property(text, expectSameText), { numRuns: 20_000 });
  fc.assert(
    fc.property(text, middle => expectSameText(`a:\n  b: ${middle}\n`)),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(text, middle => expectSameText(`a:\n  - ${middle}\n  - c: d\n`)),
    { numRuns: 10_000 },
  );
});

const expectSameText = (text: string): void => {
  expectSame(text);
};

test('whatever a file says, one mistake in it is found by the parser', () => {
  const files = readdirSync('endpoints').filter(file => file.endsWith('.yml'));
  const texts = files.map(file => readFileSync(`endpoints/${file}`, 'utf8'));
  const mutated = fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat({ max: 12 }), piece)
    .map(([text, start, length, insert]) => {
      const at = start % text.length;
      return text.slice(0, at) + insert + text.slice(at + length);
    });
  fc.assert(fc.property(mutated, expectSameText), { numRuns: 2000 });
});
