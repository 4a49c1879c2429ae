import { expect, test } from '@jest/globals';
import { compileFiles, named } from './compiled.ts';

const lines = (...text: readonly string[]) => `${text.join('\n')}\n`;

const endpoint = (name: string) =>
  lines(
    `${name}:`,
    '  headers: { Accept: application/json }',
    '  response_json_values: [status, app]',
    '  success_test: [status_code == 200, { key: status, value: ok }]',
    '  depends_on: [gateway.example.com]',
    '  labels: { team: shop }',
    '  targets: [ops]',
  );
const common = lines('gateway.example.com:', 'targets:', '  ops:', '    recipients: [ops@example.com]');

const partsOf = (compiled: ReturnType<typeof compileFiles>, name: string) => {
  const { schedule, check, jsonValues, successTests, rule, targets } = named(compiled, name);
  if (check.scheme !== 'https') throw new Error(check.scheme);
  return {
    ...{ schedule, jsonValues, successTests, targets, headers: check.headers, tls: check.tls },
    ...{ dependsOn: rule.dependsOn, maintenance: rule.maintenance, labels: rule.subject.labels },
  };
};

test('equal parts of endpoints are one object, in whatever file they stand', () => {
  const compiled = compileFiles({
    'common.yml': common,
    'a.yml': endpoint('a.example.com'),
    'b.yml': `defaults:\n  labels: { team: shop }\n${endpoint('b.example.com').replace('  labels: { team: shop }\n', '')}`,
    'c.yml': `# The parser reads this one.\n${endpoint('c.example.com')}  body: |\n    text\n`,
  });
  expect(compiled.problems).toEqual([]);
  const [a, b, c] = ['a', 'b', 'c'].map(name => partsOf(compiled, `${name}.example.com`));
  for (const [part, value] of Object.entries(a ?? {})) {
    expect({ part, same: b?.[part as keyof typeof b] === value }).toEqual({ part, same: true });
    expect({ part, same: c?.[part as keyof typeof c] === value }).toEqual({ part, same: true });
  }
});

test('parts that differ are not mixed up', () => {
  const compiled = compileFiles({
    'a.yml': lines(
      'a.example.com:',
      '  success_test: { key: "5", value: "5" }',
      '  headers: { a: "1" }',
      'b.example.com:',
      '  success_test: { key: "5", value: 5 }',
      '  headers: { A: "1" }',
      'c.example.com:',
      '  success_test: \'{"key":"5","value":"5"}.key == "5"\'',
    ),
  });
  expect(compiled.problems).toEqual([]);
  expect(['a', 'b', 'c'].map(name => named(compiled, `${name}.example.com`).successTests)).toEqual([
    [{ kind: 'equals', key: '5', value: '5' }],
    [{ kind: 'equals', key: '5', value: 5 }],
    [{ kind: 'cel', expression: '{"key":"5","value":"5"}.key == "5"' }],
  ]);
  expect(['a', 'b'].map(name => partsOf(compiled, `${name}.example.com`).headers)).toEqual([
    { a: '1' },
    { A: '1' },
  ]);
});

test('a text is not taken for the map that it looks like', () => {
  const { problems } = compileFiles({
    'a.yml': lines(
      'a.example.com:',
      '  success_test: { key: status, value: ok }',
      'b.example.com:',
      '  success_test: \'{"key":"status","value":"ok"}\'',
    ),
  });
  expect(problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
    '4: success_test: it yields map<string, string>, not true or false',
  ]);
});

test('a wrong value is a problem each time it stands in a file', () => {
  const compiled = compileFiles({
    'a.yml': lines('a.example.com:', '  port: 5', '  interval: 5', 'b.example.com:', '  interval: 5'),
    'b.yml': lines('c.example.com:', '  interval: 5'),
  });
  expect(compiled.problems.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'a.yml:3',
    'a.yml:5',
    'b.yml:2',
  ]);
});
