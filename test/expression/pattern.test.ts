import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { budget } from '../../lib/expression/budget.ts';
import { compilePattern } from '../../lib/expression/pattern.ts';

const isIn = (expression: string, text: string, limitMs = 1000): boolean => {
  const compiled = compilePattern(expression);
  if (compiled.kind === 'invalid') throw new Error(compiled.message);
  budget.begin(limitMs);
  return compiled.pattern.isIn(text);
};

/** Expressions that mean the same to JavaScript and to RE2. */
const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\.', 'é', ' ');
const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,3}')).map(parts => parts.join(''));
const branch = fc.array(piece, { minLength: 1, maxLength: 4 }).map(pieces => pieces.join(''));
const expression = fc
  .tuple(fc.constantFrom('', '^'), fc.array(branch, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '$'))
  .map(([start, branches, end]) => `${start}(${branches.join('|')})${end}`);
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', 'é', ' ', '\n'), maxLength: 12 });

test('what JavaScript and RE2 both know means the same', () => {
  fc.assert(
    fc.property(expression, text, (pattern, given) => {
      expect(isIn(pattern, given)).toBe(new RegExp(pattern).test(given));
    }),
    { numRuns: 2000 },
  );
});

test('literals are found as the engine would find them', () => {
  const literal = fc.tuple(
    fc.constantFrom('', '^'),
    fc.string({ unit: fc.constantFrom('a', 'b', '\\.', '\\$', '-', '"', '/') }),
    fc.constantFrom('', '$'),
  );
  fc.assert(
    fc.property(literal, fc.string({ unit: fc.constantFrom('a', 'b', '.', '$', '-') }), (parts, given) => {
      const pattern = parts.join('');
      expect(isIn(pattern, given)).toBe(new RegExp(pattern).test(given));
    }),
  );
});

test.each([
  ['(?i)OK', 'it is ok', true],
  ['^[[:digit:]]+$', '2026', true],
  ['\\bup\\b', 'backup', false],
  ['(?s)a.b', 'a\nb', true],
  ['^ok$', 'ok\n', false],
])('%s means what RE2 says', (pattern, given, found) => {
  expect(isIn(pattern, given)).toBe(found);
});

test.each([
  ['220(?=x)', 3, /no lookahead/],
  ['(?<!a)b', 0, /no lookahead or lookbehind/],
  ['(a)\\1', 3, /no backreferences/],
  ['end\\Z', 3, /Write "\$"/],
  ['a{2000}', 1, /at most 1,000 times/],
  ['[z-a]', 1, /put a "\\"/],
])('%s is refused with where it is wrong and what to write', (pattern, at, fix) => {
  expect(compilePattern(pattern)).toEqual({
    kind: 'invalid',
    message: expect.any(String),
    fix: expect.stringMatching(fix),
    at,
  });
});

test('what freezes a backtracking engine for good is answered at once', () => {
  expect(isIn('^(a+)+$', `${'a'.repeat(50)}!`)).toBe(false);
  expect(isIn('(x+x+)+y', 'x'.repeat(100_000))).toBe(false);
});

test('a search whose time is over ends, and says what it was', () => {
  const random = fc.sample(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4000, maxLength: 5000 }), {
    numRuns: 200,
    seed: 1,
  });
  expect(() => isIn('a[ab]{200}$', `${random.join('')}c`, 20)).toThrow('the time for the evaluation is over');
  expect(budget.end()).toBe(
    'ended after 20 ms, the regular expression a[ab]{200}$ took too long on this answer',
  );
});

test('a long text that looks at its budget is searched as the text itself is', () => {
  const long = `${'ab '.repeat(200_000)}é😀 end`;
  for (const pattern of ['é.? end$', '😀', '(?i)END$', '^(ab )+é', 'x$', '\\bend\\b', '[^ab ]+ e'])
    expect(isIn(pattern, long)).toBe(new RegExp(pattern.replace('(?i)END', 'end'), 'u').test(long));
});
