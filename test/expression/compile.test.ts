import { expect, test } from '@jest/globals';
import { budget } from '../../lib/expression/budget.ts';
import { compileExpression } from '../../lib/expression/compile.ts';

const evaluate = (expression: string, json: unknown, limitMs = 20) => {
  const compiled = compileExpression('http', expression);
  budget.begin(limitMs);
  return compiled({ json, body: JSON.stringify(json) });
};
const items = (count: number) => Array.from({ length: count }, (_, id) => ({ id, parent: -1 }));
const ended = (on: string) => ({
  kind: 'ended',
  how: `ended after 20 ms, ${on} took too long on this answer`,
});

test.each([
  ['!json.exists(a, json.exists(b, b.id == a.parent))', 'exists'],
  ['json.all(a, json.all(b, b.id != a.parent))', 'all'],
  ['json.map(a, json.map(b, b.id)).size() > 0', 'map'],
  ['json.filter(a, json.filter(b, b.id == a.parent).size() > 0).size() == 0', 'filter'],
  ['json.exists_one(a, json.exists_one(b, b.id == a.parent))', 'exists_one'],
])('%s over 5,000 items ends when its time is over', (expression, macro) => {
  expect(evaluate(expression, items(5000))).toEqual(ended(`${macro} over 5000 items`));
});

test('a loop whose steps are few and long ends too', () => {
  const json = { some: items(30), long: 'é'.repeat(400_000) };
  expect(evaluate('json.some.all(a, json.long.size() > 1)', json)).toEqual(ended('all over 30 items'));
});

test('a comparison of large values ends, though nothing in it is a loop', () => {
  const nested = () => Array.from({ length: 300_000 }, () => [[]]);
  expect(evaluate('json.a == json.b', { a: nested(), b: nested() })).toEqual(
    ended('the comparison of lists or maps'),
  );
});

test('what goes on after an error does not go on after the end', () => {
  const nested = () => Array.from({ length: 300_000 }, () => [[]]);
  expect(evaluate('json.a == json.b || true', { a: nested(), b: nested() }).kind).toBe('ended');
});

test('the same over a few items has its value, also after one that was ended', () => {
  const compiled = compileExpression('http', '!json.exists(a, json.exists(b, b.id == a.parent))');
  budget.begin(20);
  expect(compiled({ json: items(5000) }).kind).toBe('ended');
  budget.begin(1000);
  expect(compiled({ json: items(20) })).toEqual({ kind: 'value', value: true });
  expect(compiled({ json: [{ id: 1, parent: 1 }] })).toEqual({ kind: 'value', value: false });
});

test.each([
  ['json.a.contains(json.b)', { a: 'a'.repeat(600_000), b: `${'a'.repeat(150_000)}b${'a'.repeat(150_000)}` }],
  ['json.a.split(json.b).size() > 1', { a: 'a'.repeat(600_000), b: `${'a'.repeat(300_000)}b` }],
  ['json.a.lastIndexOf(json.b) > 1', { a: 'a'.repeat(600_000), b: `${'a'.repeat(300_000)}b` }],
  ['json.a.join(json.b) == ""', { a: Array.from({ length: 500 }, () => ''), b: 'b'.repeat(500_000) }],
  ['duration(json.a) > duration("1s")', { a: '9'.repeat(100_000) }],
])('%s is not begun when the answer makes it take seconds', (expression, json) => {
  expect(() => evaluate(expression, json)).toThrow(/characters are too many/);
});

test('calls that are bounded have their values as ever', () => {
  const json = { a: 'up and running', b: 'and', c: ['x', 'y'], d: '1h30m' };
  for (const expression of [
    'json.a.contains(json.b) && json.a.indexOf(json.b) == 3 && json.a.split(json.b).size() == 2',
    `json.c.join(json.b) == 'xandy' && duration(json.d) > duration('1h')`,
    `json.c.exists(c, json.a.contains(c)) == false && json.c.map(c, c + c) == ['xx', 'yy']`,
  ])
    expect(evaluate(expression, json)).toEqual({ kind: 'value', value: true });
});

test('a value that is nested in a new way leaves no new type behind', () => {
  const nested = Array.from({ length: 50 }).reduce<unknown>(
    (value, _, at) => (at % 2 ? [value] : { value }),
    1,
  );
  expect(() => evaluate('json + 1.0 == 2.0', nested)).toThrow(
    'dyn<list<map<string, list<map<dyn, dyn>>>>> + double',
  );
});

test('values of any depth compare with those that stand in the expression', () => {
  for (const expression of [
    'json.list == [[[[[1.0]]]]]',
    'json.list in [[[[[[1.0]]]]]]',
    'json.map == {"a": {"b": {"c": {"d": {"e": "up"}}}}}',
    'json.map != {"a": {"b": {"c": {"d": {"e": "down"}}}}}',
    'json.list + [[[[[2.0]]]]] == [[[[[1.0]]]], [[[[2.0]]]]]',
  ])
    expect(evaluate(expression, { list: [[[[[1]]]]], map: { a: { b: { c: { d: { e: 'up' } } } } } })).toEqual(
      { kind: 'value', value: true },
    );
});

test('a regular expression that an answer brings along is one of RE2 too', () => {
  expect(evaluate('body.matches(json.pattern)', { pattern: '^(.+)+x$' })).toEqual({
    kind: 'value',
    value: false,
  });
  expect(() => evaluate('body.matches(json.pattern)', { pattern: '(?=a)' })).toThrow(/matches: invalid/);
  expect(() => evaluate('body.matches(json.pattern)', { pattern: 'a'.repeat(501) })).toThrow(/more than 500/);
  expect(() => evaluate('body.matches(json.pattern)', { pattern: '(\\pL{999})'.repeat(45) })).toThrow(
    /repeats too much/,
  );
});

test('matches inside of a loop is the same engine', () => {
  const json = ['a', 'b'].map(name => ({ name: `${name.repeat(40)}!` }));
  expect(evaluate('json.all(c, c.name.matches("^(a+)+$"))', json)).toEqual({ kind: 'value', value: false });
});
