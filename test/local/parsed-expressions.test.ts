import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Parser, parseOnce } from '../../lib/local/parsed-expressions.ts';

const part = createRequire(createRequire(import.meta.url).resolve('dynalite'));

const expressions = {
  conditionParser: [
    '#a = :x AND #b <= :y AND size(c) < :x',
    'attribute_not_exists(#a.#b) OR NOT (:x IN (:y, d))',
    '#a BETWEEN :x AND :y',
    'attribute_exists(c.#a) AND :z <> :x',
    '#a = = :x',
  ],
  updateParser: [
    'SET #a = :x, c = #b, d.#b = if_not_exists(#a, :y) REMOVE e.#a',
    'SET #a.#b = :x + :y',
    'REMOVE #a, c[2].#b',
    'SET #a = :x, #a.#b = :y',
    'ADD #a :x DELETE #b :y',
  ],
};

const name = fc.constantFrom('version', 'pending', 'to', 'item');
const value = fc.oneof(
  fc.record({ S: fc.string() }),
  fc.record({ N: fc.integer().map(String) }),
  fc.record({ M: fc.record({ to: fc.record({ BOOL: fc.boolean() }) }) }),
  fc.record({ SS: fc.array(fc.string(), { minLength: 1 }) }),
);
const names = fc.record({ '#a': name, '#b': name }, { requiredKeys: [] });
const values = fc.record({ ':x': value, ':y': value, ':z': value }, { requiredKeys: [] });

const contextOf = (attrNames: object, attrVals: object) => ({
  attrNames: { ...attrNames } as { readonly [placeholder: string]: string },
  attrVals: structuredClone(attrVals) as { readonly [placeholder: string]: object },
  unusedAttrNames: Object.fromEntries(Object.keys(attrNames).map(key => [key, true as const])),
  unusedAttrVals: Object.fromEntries(Object.keys(attrVals).map(key => [key, true as const])),
  isReserved: (word: string) => word === 'item',
  compare: () => false,
});

/** What a parser makes of a call: its tree or error, and the placeholders that it met. */
const outcome = (parser: Parser, expression: string, context: ReturnType<typeof contextOf>) => {
  let parsed: unknown;
  try {
    parsed = parser.parse(expression, { context });
  } catch (error) {
    parsed = (error as Error).message;
  }
  return JSON.parse(JSON.stringify([parsed, context.unusedAttrNames, context.unusedAttrVals]));
};

test.each(Object.entries(expressions))(
  '%s makes of an expression that it knows what it makes of a new one',
  (file, texts) => {
    const fresh: Parser = { ...part(`./db/${file}`) };
    const knowing: Parser = { ...fresh };
    parseOnce(knowing);
    fc.assert(
      fc.property(fc.constantFrom(...texts), names, values, (expression, attrNames, attrVals) => {
        const known = outcome(knowing, expression, contextOf(attrNames, attrVals));
        expect(known).toEqual(outcome(fresh, expression, contextOf(attrNames, attrVals)));
      }),
      { numRuns: 2000 },
    );
  },
);

test('what was done to one tree shows in no other', () => {
  const parser: Parser = { ...part('./db/updateParser') };
  parseOnce(parser);
  type Tree = { readonly sections: readonly { val: unknown }[] };
  const parse = () => parser.parse('SET a = b', { context: contextOf({}, {}) }) as Tree;
  for (const section of parse().sections) section.val = 'resolved';
  expect(parse().sections[0]?.val).toEqual(['b']);
});
