import { expect, test } from '@jest/globals';
import { compileExpression } from '../../lib/expression/compile.ts';

const evaluate = (expression: string, json: unknown, limitMs = 20) =>
  compileExpression('http', expression)({ json, body: JSON.stringify(json) }, limitMs);
const items = (count: number) => Array.from({ length: count }, (_, id) => ({ id, parent: -1 }));

test.each([
  ['!json.exists(a, json.exists(b, b.id == a.parent))'],
  ['json.all(a, json.all(b, b.id != a.parent))'],
  ['json.map(a, json.map(b, b.id)).size() > 0'],
  ['json.filter(a, json.filter(b, b.id == a.parent).size() > 0).size() == 0'],
  ['json.exists_one(a, json.exists_one(b, b.id == a.parent))'],
])('%s over 5,000 items ends when its time is over', expression => {
  expect(evaluate(expression, items(5000))).toEqual({ kind: 'spent', on: 'a loop over a list' });
});

test('the same over a few items has its value, also after one that was ended', () => {
  const compiled = compileExpression('http', '!json.exists(a, json.exists(b, b.id == a.parent))');
  expect(compiled({ json: items(5000) }, 20).kind).toBe('spent');
  expect(compiled({ json: items(20) }, 1000)).toEqual({ kind: 'value', value: true });
  expect(compiled({ json: [{ id: 1, parent: 1 }] }, 1000)).toEqual({ kind: 'value', value: false });
});

test('a regular expression that an answer brings along is one of RE2 too', () => {
  expect(evaluate('body.matches(json.pattern)', { pattern: '^(.+)+x$' })).toEqual({
    kind: 'value',
    value: false,
  });
  expect(() => evaluate('body.matches(json.pattern)', { pattern: '(?=a)' })).toThrow(/matches: invalid/);
  expect(() => evaluate('body.matches(json.pattern)', { pattern: 'a'.repeat(501) })).toThrow(/more than 500/);
});

test('matches inside of a loop is the same engine', () => {
  const json = ['a', 'b'].map(name => ({ name: `${name.repeat(40)}!` }));
  expect(evaluate('json.all(c, c.name.matches("^(a+)+$"))', json)).toEqual({ kind: 'value', value: false });
});
