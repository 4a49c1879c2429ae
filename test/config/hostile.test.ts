import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { badFiles } from './bad-files.ts';
import { compileFiles, type Files } from './compiled.ts';

const holds = (files: Files) => {
  const compiled = compileFiles(files);
  const { config, problems, invalidFiles } = compiled;
  const lengths = new Map(Object.entries(files).map(([file, text]) => [file, text.split('\n').length]));
  for (const { file, line, col, message } of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lengths.get(file) ?? 0);
    expect(col).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe('');
  }
  const bad = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
  expect(new Set(invalidFiles)).toEqual(bad);
  expect(new Set(config.endpoints.map(({ id }) => id)).size).toBe(config.endpoints.length);
  expect(config.endpoints.at(-1)?.id).toBe('self');
  const targets = new Set(config.targets.map(({ name }) => name));
  for (const endpoint of config.endpoints)
    for (const name of endpoint.targets) expect(targets).toContain(name);
  // JSON, as a Lambda reads it.
  expect(JSON.parse(JSON.stringify(config))).toEqual(config);
};

const texts = badFiles.map(({ text }) => text);

test('any text compiles to a config and problems with places', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 })), text =>
      holds({ 'a.yml': text }),
    ),
    { numRuns: 300 },
  );
});

const fragments = [
  '\n',
  '  ',
  ':',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '<<: ',
  '"',
  "'",
  '|\n',
  '#',
  'null',
  'constructor',
  '__proto__',
  '\t',
  '? ',
  '!!str ',
  '5',
  '---\n',
];

test('neither does a file in which anything was changed throw', () => {
  const mutation = fc.record({
    text: fc.constantFrom(...texts),
    at: fc.nat({ max: 200 }),
    remove: fc.nat({ max: 12 }),
    insert: fc.constantFrom(...fragments),
  });
  fc.assert(
    fc.property(mutation, ({ text, at, remove, insert }) => {
      const start = Math.min(at, text.length);
      holds({ 'a.yml': text.slice(0, start) + insert + text.slice(start + remove) });
    }),
    { numRuns: 600 },
  );
});

test('files are independent of each other, whatever stands in them', () => {
  const good = 'good.example.org:\n  interval: 1s\n';
  fc.assert(
    fc.property(fc.subarray(texts, { minLength: 1, maxLength: 6 }), others => {
      const files: Files = Object.fromEntries(
        [...others.entries()].map(([index, text]) => [`${index}.yml`, text]),
      );
      holds(files);
      const { config } = compileFiles({ ...files, 'good.yml': good });
      expect(config.endpoints.map(({ name }) => name)).toContain('good.example.org');
    }),
    { numRuns: 100 },
  );
});

const repeated: readonly (readonly [string, string])[] = [
  ['brackets', '['.repeat(50_000)],
  ['braces', '{'.repeat(50_000)],
  ['dashes', '- '.repeat(50_000)],
  ['keys without a name', ': '.repeat(50_000)],
  ['question marks', '? '.repeat(50_000)],
  ['anchors', '&a '.repeat(50_000)],
  ['commas', `[${','.repeat(100_000)}]`],
  ['a key many times', 'a.example.com:\n'.repeat(20_000)],
  [
    'many keys in one map',
    `a: { labels: { ${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join(', ')} } }`,
  ],
  ['one list behind many aliases', `a: &a [${'1,'.repeat(2000)}]\nb: [${'*a,'.repeat(5000)}]\n`],
];

test.each(repeated)('many %s end soon, in a few problems', (_, text) => {
  const { problems } = compileFiles({ 'a.yml': text });
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.length).toBeLessThanOrEqual(101);
});

test('ten thousand endpoints that depend on each other in one line are no circle', () => {
  const text = Array.from(
    { length: 10_000 },
    (_, index) => `e${index}.example.com:\n  depends_on: [e${index + 1}-example-com]\n`,
  );
  const { problems, config } = compileFiles({ 'a.yml': `${text.join('')}e10000.example.com:\n` });
  expect(problems).toEqual([]);
  expect(config.endpoints).toHaveLength(10_002);
});
