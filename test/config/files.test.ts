import { expect, test } from '@jest/globals';
import { compileFiles, named, said } from './compiled.ts';

test('names are unique over all files: both places are named, and the first file goes on', () => {
  const compiled = compileFiles({
    'a.yml': 'shop.example.com:\ntargets:\n  ops: { recipients: [ops@example.com] }\nself:\n',
    'b.yml': '\nshop.example.com:\n',
    'c.yml': 'SHOP.example.com:\n',
    'd.yml': 'targets:\n  ops: { recipients: [ops@example.com] }\n',
    'e.yml': 'self:\n',
  });
  expect(said(compiled)).toEqual([
    'b.yml:2:1: the endpoint "shop.example.com" is also at a.yml:1. Rename one of them.',
    'c.yml:1:1: "SHOP.example.com" has the same id, "shop-example-com", as "shop.example.com" at a.yml:1. Rename one of them.',
    'd.yml:2:3: the target "ops" is also at a.yml:3. Rename one of them.',
    'e.yml:1:1: self is also at a.yml:4. Keep one of them.',
  ]);
  expect(compiled.invalidFiles).toEqual(['b.yml', 'c.yml', 'd.yml', 'e.yml']);
  expect(compiled.config.endpoints.map(({ name }) => name)).toEqual(['shop.example.com', 'self']);
});

test('one bad file does not take with it the files that need its names', () => {
  const compiled = compileFiles({
    'a.yml': 'shop.example.com:\n  targets: [ops]\n  depends_on: [gateway.example.com]\n',
    'b.yml': 'gateway.example.com:\n  interval: 5\ntargets:\n  ops: { recipients: [ops@example.com] }\n',
  });
  expect(said(compiled)).toEqual([
    'a.yml:2:13: warning: there is no target "ops" while a file that mentions it is ignored. Correct that file.',
    'a.yml:3:16: warning: there is no endpoint "gateway.example.com" while a file that mentions it is ignored. Correct that file.',
    'b.yml:2:13: interval is "5". Add a unit: "5s" or "5ms".',
  ]);
  expect(compiled.invalidFiles).toEqual(['b.yml']);
  expect(named(compiled, 'shop.example.com')).toMatchObject({ targets: [], rule: { dependsOn: [] } });
});

test('neither does a file that is bad only together with others', () => {
  const compiled = compileFiles({
    'a.yml': 'gateway.example.com:\n',
    'b.yml': 'gateway.example.com:\ntargets:\n  ops: { recipients: [ops@example.com] }\n',
    'c.yml': 'shop.example.com:\n  targets: [ops]\n',
  });
  expect(compiled.invalidFiles).toEqual(['b.yml']);
  expect(named(compiled, 'shop.example.com').targets).toEqual([]);
});

test('the defaults of an ignored file hold for nobody', () => {
  const compiled = compileFiles({
    'defaults.yml': 'defaults:\n  interval: 1s\n  timeout: 5\n',
    'shop.yml': 'shop.example.com:\n',
  });
  expect(compiled.invalidFiles).toEqual(['defaults.yml']);
  expect(named(compiled, 'shop.example.com').schedule).toMatchObject({ everyMs: 60_000 });
});

test('a file that became invalid stays as it last was valid, and is reported', () => {
  const good = {
    'a.yml': 'a.example.com:\n  interval: 1s\n',
    'b.yml': 'b.example.com:\n  targets: [ops]\ntargets:\n  ops: { recipients: [ops@example.com] }\n',
  };
  const before = compileFiles(good);
  const broken = compileFiles(
    { 'a.yml': 'a.example.com:\n  interval: 2s\n', 'b.yml': 'b.example.com:\n  interval: 5\n' },
    before,
  );
  expect(broken.invalidFiles).toEqual(['b.yml']);
  expect(said(broken)).toEqual(['b.yml:2:13: interval is "5". Add a unit: "5s" or "5ms".']);
  expect(named(broken, 'a.example.com').schedule).toMatchObject({ everyMs: 2000 });
  expect(named(broken, 'b.example.com')).toEqual(named(before, 'b.example.com'));
  expect(broken.config.targets).toEqual(before.config.targets);

  const stillBroken = compileFiles({ ...good, 'b.yml': 'b.example.com:\n  interval: 6\n' }, broken);
  expect(named(stillBroken, 'b.example.com')).toEqual(named(before, 'b.example.com'));
  const repaired = compileFiles({ ...good, 'b.yml': 'b.example.com:\n  interval: 6s\n' }, stillBroken);
  expect(repaired.invalidFiles).toEqual([]);
  expect(named(repaired, 'b.example.com').schedule).toMatchObject({ everyMs: 6000 });
  expect(repaired.config.targets).toEqual([]);
});

test('a last valid version keeps the defaults that it was valid with, and gives way to the others', () => {
  const before = compileFiles({
    'a.yml': 'a.example.com:\n',
    'b.yml': 'b.example.com:\nc.example.com:\n',
    'defaults.yml': 'defaults:\n  interval: 1s\n',
  });
  const after = compileFiles(
    {
      'a.yml': 'a.example.com:\nb.example.com:\n',
      'b.yml': 'b.example.com: 5\n',
      'defaults.yml': 'defaults:\n  interval: 2s\n',
    },
    before,
  );
  expect(after.invalidFiles).toEqual(['b.yml']);
  expect(named(after, 'b.example.com')).toMatchObject({ source: 'a.yml:2', schedule: { everyMs: 2000 } });
  expect(named(after, 'c.example.com')).toMatchObject({ source: 'b.yml:2', schedule: { everyMs: 1000 } });
});

test('the defaults of an invalid file hold on as they last were valid', () => {
  const shop = { 'shop.yml': 'shop.example.com:\n' };
  const before = compileFiles({ ...shop, 'defaults.yml': 'defaults:\n  interval: 1s\n' });
  const after = compileFiles({ ...shop, 'defaults.yml': 'defaults:\n  interval: 1\n' }, before);
  expect(named(after, 'shop.example.com').schedule).toMatchObject({ everyMs: 1000 });
});

test('a file that is gone is gone', () => {
  const before = compileFiles({ 'a.yml': 'a.example.com:\n', 'b.yml': 'b.example.com:\n' });
  const after = compileFiles({ 'a.yml': 'a.example.com:\n' }, before);
  expect(after.config.endpoints.map(({ name }) => name)).toEqual(['a.example.com', 'self']);
});

test('a circle over three files is one problem, and the rest goes on without it', () => {
  const compiled = compileFiles({
    'a.yml': 'a.example.com:\n  depends_on: [b.example.com]\n',
    'b.yml': 'b.example.com:\n  depends_on: [c.example.com]\n',
    'c.yml': 'c.example.com:\n  depends_on: [a.example.com]\n',
  });
  expect(said(compiled).filter(line => !line.includes('warning'))).toEqual([
    'c.yml:2:15: depends_on goes in a circle: a.example.com → b.example.com → c.example.com → a.example.com. Remove one of the names.',
  ]);
  expect(compiled.config.endpoints.map(({ name }) => name)).toEqual([
    'a.example.com',
    'b.example.com',
    'self',
  ]);
});

test('the first hundred problems of a file are enough', () => {
  const text = Array.from({ length: 150 }, (_, index) => `a${index}.example.com:\n  interval: 5\n`).join('');
  const lines = said(compileFiles({ 'a.yml': text }));
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe(
    'a.yml:200:13: there are 50 more problems in this file. Solve the ones above first.',
  );
});

test('an error is said even after many warnings', () => {
  const warned = Array.from(
    { length: 150 },
    (_, index) => `a${index}.example.com:\n  interval: 1m\n  stale_after: 10s\n`,
  );
  const compiled = compileFiles({ 'a.yml': `${warned.join('')}b.example.com:\n  timezone: UTC\n` });
  expect(compiled.invalidFiles).toEqual(['a.yml']);
  expect(compiled.problems.filter(({ severity }) => severity === 'error')).toHaveLength(1);
});
